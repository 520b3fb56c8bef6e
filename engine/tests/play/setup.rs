//! What a script's venue is before anybody acts: its sizes and its clients.
//!
//! ```text
//! venue orders=2 pages=1 kept=3 sessions=3 accounts=4 assets=2 feed cod grace=10s
//! client 1 firm=7 user=9 account=MAIN self=oldest scope=firm cod grace=10s
//! ```
//! `feed`: every line also says what the public is told of the book.

use super::terms::{ns, self_trade_of};
use crate::common::{limits, session};
use engine::Limits;
use sbe_schemas::header::fill_text;
use sbe_schemas::journal as j;
use sbe_schemas::types::{Boolean, CancelOnDisconnect, SelfTradeScope};

pub(crate) struct Setup {
    pub(crate) limits: Limits,
    pub(crate) clients: Vec<j::SessionDefine>,
    pub(crate) feed: bool,
}

impl Setup {
    /// Behind `venue`; nothing: two clients, no bound within reach.
    pub(crate) fn venue(options: &str) -> Self {
        let mut setup = Self { limits: limits(), clients: Vec::new(), feed: false };
        let (mut sessions, mut policy) = (2, Vec::new());
        for option in options.split_whitespace() {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            let limits = &mut setup.limits;
            match key {
                "orders" => limits.orders_max = value.parse().unwrap(),
                "pages" => limits.pages_max = value.parse().unwrap(),
                "kept" => limits.finished_kept = value.parse().unwrap(),
                "accounts" => limits.accounts_max = value.parse().unwrap(),
                "assets" => limits.assets_max = value.parse().unwrap(),
                "sessions" => sessions = value.parse().unwrap(),
                "feed" => setup.feed = true,
                _ => policy.push(option),
            }
        }
        setup.limits.sessions_max = sessions;
        setup.clients = (1..=sessions as u32).map(|number| session(number, false, 0)).collect();
        setup
            .clients
            .iter_mut()
            .for_each(|client| policy.iter().for_each(|word| set(client, word)));
        setup
    }

    /// Behind `client`.
    pub(crate) fn client(&mut self, words: &str) {
        let (number, words) = words.trim().split_once(' ').unwrap();
        let client = &mut self.clients[number.parse::<usize>().unwrap() - 1];
        words.split_whitespace().for_each(|word| set(client, word));
    }
}

fn set(client: &mut j::SessionDefine, word: &str) {
    let (key, value) = word.split_once('=').unwrap_or((word, ""));
    match key {
        "firm" => client.firm = value.parse::<u32>().unwrap().into(),
        "user" => client.user = value.parse::<u32>().unwrap().into(),
        "account" => client.account = fill_text(value.as_bytes()).unwrap(),
        "cod" => client.cancel_on_disconnect = CancelOnDisconnect::Session.into(),
        "grace" => client.grace_ms = ((ns(value) / 1_000_000) as u32).into(),
        "keep" => client.keep_on_logout = Boolean::True.into(),
        "copy" => client.drop_copy = Boolean::True.into(),
        "self" => client.self_trade = self_trade_of(value).into(),
        "scope" => {
            client.self_trade_scope = match value {
                "account" => SelfTradeScope::Account,
                "user" => SelfTradeScope::User,
                "firm" => SelfTradeScope::Firm,
                other => panic!("{other}"),
            }
            .into();
        }
        _ => panic!("{word}"),
    }
}
