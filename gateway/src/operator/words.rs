//! What an operator may say, as one command of the log.

use super::Names;
use crate::command_slot::Slot;
use crate::fix::decimal;
use anyhow::{Context, bail};
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::types::{CommandHead, Decimal8, MassActionScope, MassActionType, Phase};

pub(super) const HELP: &str = "WHAT TO SAY:
  phase SYMBOL|* PHASE          closed, pre-open, opening-auction, continuous, volatility-auction,
                                closing-auction, halted
  reference SYMBOL PRICE        what bands and auctions refer to
  cancel WHOSE [FILTER]         end their open orders
  block WHOSE                   refuse their new orders and replaces
  kill WHOSE                    block, and cancel
  unblock WHOSE                 lift blocks, the members' own too
  deposit AMOUNT ASSET FIRM/ACCOUNT
  withdraw AMOUNT ASSET FIRM/ACCOUNT
  bust TRADE                    take back a trade, by its number (527)

  WHOSE is: session COMPID, user NUMBER, firm NUMBER, account FIRM/NAME, everyone
  FILTER is: of SYMBOL, buy, sell

EXAMPLES:
  portcullis operate phase BTC-USD halted
  portcullis operate kill firm 1
  portcullis operate cancel session CLIENT1 of BTC-USD buy
  portcullis operate --json deposit 1000.50 USD 1/CLIENT1

Every command is in the log, with its time. Exit code 1: it was refused. Docs: docs/OPERATING.md.";

const PHASES: [(&str, Phase); 7] = [
    ("closed", Phase::Closed),
    ("pre-open", Phase::PreOpen),
    ("opening-auction", Phase::OpeningAuction),
    ("continuous", Phase::Continuous),
    ("volatility-auction", Phase::VolatilityAuction),
    ("closing-auction", Phase::ClosingAuction),
    ("halted", Phase::Halted),
];

/// # Errors
/// Which word is not understood, and what would be.
pub(super) fn command(line: &str, head: CommandHead, names: &Names) -> anyhow::Result<Slot> {
    let words: Vec<&str> = line.split_whitespace().collect();
    Ok(match words[..] {
        ["phase", symbol, phase] => {
            let instrument = if symbol == "*" { 0 } else { names.instrument(symbol)? }.into();
            let known = PHASES.iter().find(|(name, _)| *name == phase);
            let all = PHASES.map(|(name, _)| name).join(", ");
            let (_, phase) =
                known.with_context(|| format!("{phase} is no phase; there are {all}"))?;
            Slot::of(&j::PhaseSet { head, instrument, phase: (*phase).into() })
        }
        ["reference", symbol, price] => {
            let instrument = names.instrument(symbol)?.into();
            Slot::of(&j::ReferencePriceSet { head, instrument, price: amount(price)? })
        }
        ["bust", trade] => {
            let trade_id = number::<u64>(trade)?.into();
            Slot::of(&j::TradeBust { head, trade_id })
        }
        [what @ ("deposit" | "withdraw"), qty, asset, whose] => {
            let amount = amount(qty)?.get();
            let (firm, account) = account(whose)?;
            let asset = fill_text(asset.as_bytes()).context("an asset has at most 8 characters")?;
            let amount = Decimal8::new(if what == "deposit" { amount } else { -amount });
            Slot::of(&j::Transfer { head, account, firm, asset, amount, ..j::Transfer::ZERO })
        }
        ["cancel", ref rest @ ..] => mass(head, MassActionType::Cancel, rest, names)?,
        ["block", ref rest @ ..] => mass(head, MassActionType::Block, rest, names)?,
        ["kill", ref rest @ ..] => mass(head, MassActionType::Kill, rest, names)?,
        ["unblock", ref rest @ ..] => mass(head, MassActionType::Unblock, rest, names)?,
        _ => bail!("\"{line}\" is not understood; `portcullis operate --help` says what is"),
    })
}

fn mass(
    head: CommandHead,
    action: MassActionType,
    words: &[&str],
    names: &Names,
) -> anyhow::Result<Slot> {
    let mut m = j::MassAction { head, action: action.into(), ..j::MassAction::ZERO };
    let filter = match words {
        ["everyone", filter @ ..] => {
            m.scope = MassActionScope::Everyone.into();
            filter
        }
        ["session", name, filter @ ..] => {
            (m.scope, m.target) = (MassActionScope::Session.into(), names.session(name)?.into());
            filter
        }
        ["user", user, filter @ ..] => {
            (m.scope, m.target) = (MassActionScope::User.into(), number::<u32>(user)?.into());
            filter
        }
        ["firm", firm, filter @ ..] => {
            (m.scope, m.target) = (MassActionScope::Firm.into(), number::<u32>(firm)?.into());
            filter
        }
        ["account", whose, filter @ ..] => {
            m.scope = MassActionScope::Account.into();
            (m.firm, m.account) = account(whose)?;
            filter
        }
        _ => {
            bail!("whose? session COMPID, user NUMBER, firm NUMBER, account FIRM/NAME or everyone")
        }
    };
    if !filter.is_empty() && action != MassActionType::Cancel {
        bail!("only `cancel` can be for an instrument or a side; blocks are for all");
    }
    let mut rest = filter;
    loop {
        rest = match rest {
            [] => return Ok(Slot::of(&m)),
            ["of", symbol, rest @ ..] => {
                m.instrument = names.instrument(symbol)?.into();
                rest
            }
            ["buy", rest @ ..] => {
                m.side = 1;
                rest
            }
            ["sell", rest @ ..] => {
                m.side = 2;
                rest
            }
            [other, ..] => bail!("{other} is no filter; there are: of SYMBOL, buy, sell"),
        };
    }
}

impl Names {
    fn instrument(&self, symbol: &str) -> anyhow::Result<u32> {
        number_of(&self.symbols, symbol).with_context(|| format!("there is no instrument {symbol}"))
    }

    fn session(&self, name: &str) -> anyhow::Result<u32> {
        number_of(&self.sessions, name).with_context(|| format!("there is no session {name}"))
    }
}

fn number_of(names: &[String], name: &str) -> Option<u32> {
    names.iter().position(|known| known == name).map(|at| at as u32 + 1)
}

fn number<T: std::str::FromStr>(word: &str) -> anyhow::Result<T> {
    word.parse().ok().with_context(|| format!("{word} is no number"))
}

/// Above 0.
fn amount(word: &str) -> anyhow::Result<Decimal8> {
    let units = decimal::parse(word.as_bytes()).ok().filter(|units| *units > 0);
    units.map(Decimal8::new).with_context(|| format!("{word} is no amount above 0"))
}

fn account(word: &str) -> anyhow::Result<(zerocopy::little_endian::U32, [u8; 16])> {
    let (firm, name) = word.split_once('/').context("an account is FIRM/NAME, as in 1/MAIN")?;
    let name = fill_text(name.as_bytes()).context("an account has at most 16 characters")?;
    Ok((number::<u32>(firm)?.into(), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> String {
        let names =
            Names { symbols: vec!["ACME".into(), "BTC-USD".into()], sessions: vec!["C1".into()] };
        match command(line, CommandHead::ZERO, &names) {
            Err(error) => format!("{error:#}"),
            Ok(slot) => {
                let mut text = String::new();
                j::describe(slot.bytes(), &mut text).unwrap();
                let fields = text.split(") ").last().unwrap_or_default();
                format!("{} {fields}", text.split(' ').next().unwrap_or_default())
            }
        }
    }

    #[test]
    fn words_become_commands() {
        assert_eq!(said("phase BTC-USD halted"), "PhaseSet instrument=2 phase=Halted");
        assert_eq!(said("phase * continuous"), "PhaseSet instrument=0 phase=Continuous");
        assert_eq!(said("reference ACME 10.5"), "ReferencePriceSet instrument=1 price=10.5");
        assert_eq!(said("bust 77"), "TradeBust tradeId=77");
        assert_eq!(
            said("withdraw 5 USD 1/MAIN"),
            "Transfer account=MAIN firm=1 asset=USD amount=-5 initial=False"
        );
        assert_eq!(
            said("cancel session C1 of BTC-USD buy"),
            "MassAction clOrdId= account= target=1 firm=0 instrument=2 side=1 action=Cancel scope=Session"
        );
        assert_eq!(
            said("kill account 7/MAIN"),
            "MassAction clOrdId= account=MAIN target=0 firm=7 instrument=0 side=0 action=Kill scope=Account"
        );
        for (line, answer) in [
            ("phase DOGE halted", "there is no instrument DOGE"),
            ("phase ACME asleep", "asleep is no phase; there are closed, pre-open, "),
            ("reference ACME -1", "-1 is no amount above 0"),
            ("bust x", "x is no number"),
            ("block everyone buy", "only `cancel` can be for an instrument or a side"),
            ("cancel", "whose? session COMPID"),
            ("cancel everyone of", "of is no filter"),
            ("deposit 5 USD MAIN", "an account is FIRM/NAME"),
            ("make tea", "\"make tea\" is not understood"),
        ] {
            assert!(said(line).starts_with(answer), "{line}: {}", said(line));
        }
    }
}
