//! What a file may say, and what is said about it.

use super::*;

#[test]
fn the_demo_venue_is_right() {
    let demo = Config::demo();
    assert_eq!(demo.instrument.len(), 3);
    assert_eq!(demo.session.len(), 12, "8 of FIX, 4 binary ones");
    assert_eq!(demo.fix.listen.to_string(), "127.0.0.1:9001");
    demo.wish().expect("a wish");
}

#[test]
fn errors_name_file_key_and_fix() {
    let cases = [
        ("tick = \"0.01\"", "tick = \"-1\"", "instrument[0].tick"),
        ("day_end = \"00:00\"", "day_end = \"25:00\"", "venue.day_end"),
        ("symbol = \"ETH-USD\"", "symbol = \"BTC-USD\"", "instrument[1].symbol"),
        ("hmac_key = \"text:binary1\"", "hmac_key = \"binary1\"", "session[8].hmac_key"),
        ("hmac_key = \"text:binary1\"", "ed25519_key = \"12\"", "session[8].ed25519_key"),
        ("hmac_key = \"text:binary1\"", "password_hash = \"x\"", "session[8].protocol"),
        ("protocol = \"sbe\"", "", "session[8].password_hash"),
        ("durability = \"disk\"", "durability = \"maybe\"", "line "),
        ("[host]", "[host]\ncolour = 1", "colour"),
        ("a = \"239.255.42.1:9101\"", "a = \"10.0.0.1:9101\"", "feed.a"),
        ("# transport = \"socket\"", "transport = \"xdp\"", "feed.transport"),
        ("# transport = \"socket\"", "transport = \"pigeon\"", "line "),
        ("price_max = \"500000\"", "price_max = \"0.001\"", "instrument[0].price_max"),
        ("quote = \"USD\"", "", "instrument[0].base"),
        ("quote = \"USD\"", "quote = \"MUCHTOOLONG\"", "instrument[0].quote"),
        ("quote = \"USD\"", "quote = \"USD\"\nreference_price = \"1.001\"", "reference_price"),
        ("quote = \"USD\"", "quote = \"USD\"\ntop_order_percent = 101", "top_order_percent"),
        ("quote = \"USD\"", "quote = \"USD\"\nband_action = \"auction\"", "volatility_auction_ms"),
        ("quote = \"USD\"", "quote = \"USD\"\nallocation = \"lottery\"", "allocation"),
        ("number = 2", "number = 1", "firm[1].number"),
        ("number = 2", "number = 0", "firm[1].number"),
        ("firm = 1", "firm = 9", "account[0].firm"),
        ("name = \"CLIENT2\"", "name = \"CLIENT 2\"", "account[1].name"),
        ("BTC = \"1000\"", "XAU = \"1000\"", "account[0].deposit.XAU"),
        ("BTC = \"1000\"", "BTC = \"-1\"", "account[0].deposit.BTC"),
        (
            "[host]",
            "[[fee_tier]]\nvolume_min = \"5\"\nmaker_ppm = 0\ntaker_ppm = 0\n[host]",
            "fee_tier[0]",
        ),
        (
            "[host]",
            "[[fee_tier]]\nmaker_ppm = 0\ntaker_ppm = 100001\n[host]",
            "fee_tier[0].taker_ppm",
        ),
        ("[host]", "hours = \"never\"\n[host]", "venue.hours"),
        ("account = \"CLIENT2\"", "account = \"CLIENT2\"\nhours = \"x\"", "session[1].hours"),
        ("dead_man_min_ms = 500", "dead_man_min_ms = 99", "venue.dead_man_min_ms"),
        ("account = \"CLIENT2\"", "account = \"CLIENT2\"\nkeep_on_logout = true", "keep_on_logout"),
        ("number = 2", "number = 2\ninstruments = [\"XAU\"]", "firm[1].instruments"),
        ("number = 2", "number = 2\ninstrument_groups = [\"x\"]", "firm[1].instrument_groups"),
        ("number = 2", "number = 2\norder_types = [\"lottery\"]", "line "),
        ("[host]", "[[schedule]]\ntime = \"9\"\nphase = \"closed\"\n[host]", "schedule[0].time"),
        (
            "[host]",
            "[[schedule]]\ntime = \"09:00\"\nphase = \"closed\"\ninstrument = \"X\"\n[host]",
            "schedule[0].instrument",
        ),
        (
            "connections_max = 64",
            "connections_max = 64\nconnections_per_address_max = 0",
            "fix.connections_per_address_max",
        ),
        ("rate = 100 ", "rate = 0 ", "fix_market_data.rate"),
        ("listen = \"127.0.0.1:9003\"", "listen = \"127.0.0.1:9001\"", "fix_market_data.listen"),
        (
            "account = \"CLIENT2\"\nfirm = 2\n",
            "account = \"CLIENT2\"\ndrop_copy = true\n",
            "session[1].firm",
        ),
    ];
    for (right, wrong, named) in cases {
        assert!(DEMO.contains(right), "{right}");
        let error = Config::parse(&DEMO.replacen(right, wrong, 1), "x.toml").expect_err(wrong);
        let told = error.to_string();
        assert!(told.contains("x.toml") && told.contains(named), "{told}");
        assert!(told.contains("fix:"), "{told}");
    }
}
#[test]
fn a_firm_has_one_drop_copy_session() {
    let copies = |number: u32| {
        let old = format!("account = \"CLIENT{number}\"\nfirm = {number}\n");
        (old, "firm = 1\ndrop_copy = true\n")
    };
    let ((old_2, new_2), (old_3, new_3)) = (copies(2), copies(3));
    let one = DEMO.replacen(&old_2, new_2, 1);
    let wish = Config::parse(&one, "x.toml").and_then(|c| c.wish()).expect("one is right");
    assert_eq!(wish.sessions[1].drop_copy.known(), Some(sbe_schemas::types::Boolean::True));
    let two = one.replacen(&old_3, new_3, 1);
    let told = Config::parse(&two, "x.toml").expect_err("two are not").to_string();
    assert!(told.contains("session[2].drop_copy") && told.contains("fix:"), "{told}");
}

#[test]
fn fees_and_timetable_follow_the_file_to_the_last_line() {
    let more = "
        [[fee_tier]]
        volume_min = \"1000000\"
        maker_ppm = -10
        taker_ppm = 150
        [[schedule]]
        time = \"07:30\"
        phase = \"pre-open\"
        [[schedule]]
        time = \"17:00\"
        phase = \"closing-auction\"
        instrument = \"ACME\"
    ";
    let wish = Config::parse(
        &format!("{}{more}", DEMO.replacen("taker_ppm = 0", "taker_ppm = 200", 1)),
        "x.toml",
    );
    let wish = wish.expect("right").wish().expect("a wish");
    let tiers: Vec<_> =
        wish.fees.iter().map(|t| (t.tier.get(), t.volume_min.get(), t.taker_ppm.get())).collect();
    assert_eq!(
        tiers[..3],
        [(0, 0, 200), (1, 100_000_000_000_000, 150), (2, 100_000_000_000_000, 150)]
    );
    assert_eq!(tiers.len(), 8, "what an earlier file had is no tier any more");
    let lines: Vec<_> =
        wish.schedule.iter().map(|l| (l.instrument.get(), l.phase.known())).collect();
    use sbe_schemas::types::{Boolean, Phase::*};
    assert_eq!(lines[..2], [(0, Some(PreOpen)), (3, Some(ClosingAuction))]);
    assert_eq!(wish.schedule[0].time_ns.get(), (7 * 60 + 30) * 60 * 1_000_000_000);
    let active = |l: &&j::ScheduleDefine| l.active.known() == Some(Boolean::True);
    assert_eq!((wish.schedule.iter().filter(active).count(), wish.schedule.len()), (2, 16));
    let numbers = wish.schedule.iter().map(|l| l.line.get());
    assert!(numbers.eq(0..16));
}

#[test]
fn an_instrument_without_a_phase_trades_at_once() {
    let wish = Config::demo().wish().expect("a wish");
    let phase = sbe_schemas::types::Phase::Continuous;
    assert!(wish.instruments.iter().all(|i| i.phase.known() == Some(phase)));
    assert_eq!(wish.accounts.len(), 8);
    assert!(wish.deposits.len() >= 8, "everybody has something to play with");
}

#[test]
fn what_a_session_and_an_instrument_say_reaches_the_log() {
    use sbe_schemas::types::{Allocation, BandAction, SelfTrade, SelfTradeScope};
    let session = "firm = 1                        # 0 or left out: a firm of its own\n";
    assert!(DEMO.contains(session));
    let text = DEMO
        .replacen(
            session,
            "firm = 3\nself_trade = \"cancel-both\"\nself_trade_scope = \"firm\"\n",
            1,
        )
        .replacen(
            "quote = \"USD\"\n",
            "quote = \"USD\"\nallocation = \"pro-rata\"\ntop_order_percent = 20\nminimum_lots = 2\n\
             band_action = \"auction\"\nvolatility_auction_ms = 9\nstatic_band_bps = 7\n\
             reference_price = \"60000.5\"\nreplace_loses_place = true\nphase = \"pre-open\"\n",
            1,
        );
    let wish = Config::parse(&text, "x.toml").expect("right").wish().expect("a wish");
    let session = &wish.sessions[0];
    assert_eq!((session.firm.get(), session.self_trade.known()), (3, Some(SelfTrade::CancelBoth)));
    assert_eq!(session.self_trade_scope.known(), Some(SelfTradeScope::Firm));
    assert_eq!(sbe_schemas::header::text(&session.account), b"CLIENT1");
    let i = &wish.instruments[0];
    assert_eq!(i.allocation.known(), Some(Allocation::ProRata));
    assert_eq!(i.band_action.known(), Some(BandAction::Auction));
    assert_eq!(i.phase.known(), Some(sbe_schemas::types::Phase::PreOpen));
    assert_eq!((i.top_order_percent.get(), i.minimum_lots.get()), (20, 2));
    assert_eq!((i.static_band_bps.get(), i.volatility_auction_ms.get()), (7, 9));
    assert_eq!((i.reference_price.get(), i.protection_bps.get()), (6_000_050_000_000, 500));
    assert_eq!((&i.base[..3], &i.quote[..3]), (&b"BTC"[..], &b"USD"[..]));
    assert_eq!(i.price_max.get(), 50_000_000_000_000);
}

#[test]
fn every_key_that_the_demo_only_mentions_is_a_key() {
    let is_mentioned = |line: &str| {
        let rest = line.strip_prefix("# ").unwrap_or("");
        let key = rest.split(" = ").next().unwrap_or("");
        let is_key =
            key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') && rest.contains(" = ");
        is_key || rest.starts_with("[[")
    };
    assert!(DEMO.lines().filter(|line| is_mentioned(line)).count() > 20);
    let said = |line: &str| match is_mentioned(line) {
        true => line[2..].to_string(),
        false => line.to_string(),
    };
    let all: Vec<String> = DEMO.lines().map(said).collect();
    Config::parse(&all.join("\n"), "x.toml").expect("right as well").wish().expect("a wish");
}

#[test]
fn permissions_say_what_is_forbidden_and_which_instruments_are_not() {
    let file = DEMO
        .replacen("number = 2", "number = 2\norder_types = [\"limit\"]\nconditions = []", 1)
        .replacen("symbol = \"ETH-USD\"", "symbol = \"ETH-USD\"\ngroups = [\"spot\"]", 1)
        .replacen(
            "account = \"CLIENT2\"\n",
            "account = \"CLIENT2\"\ninstrument_groups = [\"spot\"]\n",
            1,
        );
    let wish = Config::parse(&file, "(test)").expect("right").wish().expect("a wish");
    let of = |comp_id: &[u8], firm: u32| {
        let comp_id = fill_text::<24>(comp_id).expect("short");
        let mut all = wish.permissions.iter();
        *all.find(|d| (d.comp_id, d.firm.get()) == (comp_id, firm)).expect("defined")
    };
    let firm = of(b"", 2);
    assert_eq!(firm.forbidden.0.get(), 0b11_1111_0000_0000_0001_1101);
    assert_eq!(firm.all_instruments.known(), Some(sbe_schemas::types::Boolean::True));
    let session = of(b"CLIENT2", 0);
    assert_eq!(session.forbidden.0.get(), 0);
    assert_eq!(session.all_instruments.known(), Some(sbe_schemas::types::Boolean::False));
    assert_eq!(session.instruments.word0.get(), 0b010);
    assert_eq!(
        of(b"CLIENT1", 0),
        j::PermissionsDefine {
            comp_id: of(b"CLIENT1", 0).comp_id,
            all_instruments: sbe_schemas::types::Boolean::True.into(),
            ..j::PermissionsDefine::ZERO
        }
    );
}

#[test]
fn hours_are_checked_word_by_word() {
    const RIGHT: &str = "[[hours]]\nname = \"day\"\ndays = [\"monday\", \"friday\"]\nstart = \"08:00\"\n\
        end = \"17:00:30\"\ntime_zone = \"Europe/London\"\nreset = \"weekly\"\n[host]";
    let file = |hours: &str| DEMO.replacen("[host]", hours, 1);
    let config = Config::parse(&file(RIGHT), "(test)").expect("right");
    assert_eq!(config.wish().expect("a wish").calendar.expect("hours").rows(), 1);
    for (right, wrong, key) in [
        ("\"day\"", "\"always\"", "hours[0].name"),
        ("\"friday\"", "\"monday\"", "hours[0].days"),
        ("[\"monday\", \"friday\"]", "[]", "hours[0].days"),
        ("\"friday\"", "\"freitag\"", "line "),
        ("08:00", "24:00", "hours[0].start"),
        ("17:00:30", "17", "hours[0].end"),
        ("Europe/London", "Europe/Nowhere", "hours[0].time_zone"),
        ("weekly", "hourly", "line "),
    ] {
        assert!(RIGHT.contains(right), "{right}");
        let error = Config::parse(&file(&RIGHT.replacen(right, wrong, 1)), "f").expect_err(wrong);
        assert!(error.key.contains(key), "{error}");
    }
    let many: String = (0..17)
        .map(|n| RIGHT.replace("\"day\"", &format!("\"d{n}\"")).replace("[host]", ""))
        .collect();
    let error = Config::parse(&file(&(many + "[host]")), "f").expect_err("too many");
    assert_eq!(error.key, "hours", "{error}");
}
