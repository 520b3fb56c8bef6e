//! A QuickFIX initiator: the C++ engine with its file store and a data dictionary, the venue's own or
//! FIX 4.4's, and a record of everything that went over the wire and of what the engine let through to us.
//!
//! Nothing here repairs anything: numbers, resends, reconnects and validation are QuickFIX's own.

use quickfix::{
    Application, ApplicationCallback, ConnectionHandler, FieldMap, FileMessageStoreFactory,
    FixSocketServerKind, Group, Initiator, LogCallback, LogFactory, Message, MsgFromAppError,
    MsgToAppError, SessionId, SessionSettings, send_to_target,
};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);
const VENUE: &str = "PORTCULLIS";
const MSG_TYPE: i32 = 35;
const SENDING_TIME: i32 = 52;
const TRANSACT_TIME: i32 = 60;
const USERNAME: i32 = 553;
const PASSWORD: i32 = 554;
/// Stands for SendingTime (52) where TransactTime (60) is wanted.
const NOW: &str = "NOW";

/// A message with `|` for SOH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix(pub String);

impl Fix {
    /// The first value of `tag`.
    pub fn get(&self, tag: &str) -> Option<&str> {
        self.0.split('|').find_map(|field| field.strip_prefix(tag)?.strip_prefix('='))
    }

    /// The first value of `tag`, or nothing.
    pub fn text(&self, tag: &str) -> &str {
        self.get(tag).unwrap_or("")
    }

    /// MsgSeqNum (34).
    pub fn number(&self) -> u64 {
        self.text("34").parse().unwrap_or(0)
    }

    /// Has all of `fields`, which are like `35=8|150=F`.
    pub fn has(&self, fields: &str) -> bool {
        fields.split('|').all(|field| self.0.contains(&format!("|{field}|")))
    }
}

/// What has happened, in order.
#[derive(Default)]
pub struct History {
    /// Application messages that QuickFIX let through.
    pub delivered: Vec<Fix>,
    /// All messages as they came in.
    pub wire_in: Vec<Fix>,
    /// All messages as they went out.
    pub wire_out: Vec<Fix>,
    /// Messages both ways and what QuickFIX had to say, for whoever looks into a failure.
    story: Vec<String>,
    /// QuickFIX is logged on.
    pub is_logged_on: bool,
    /// How often it has been.
    pub logons: usize,
}

/// What QuickFIX calls.
struct Record {
    password: String,
    history: Mutex<History>,
    changed: Condvar,
}

impl Record {
    fn lock(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn note(&self, note: impl FnOnce(&mut History)) {
        note(&mut self.lock());
        self.changed.notify_all();
    }
}

impl ApplicationCallback for Record {
    fn on_logon(&self, _: &SessionId) {
        self.note(|history| {
            history.is_logged_on = true;
            history.logons += 1;
        });
    }

    fn on_logout(&self, _: &SessionId) {
        self.note(|history| history.is_logged_on = false);
    }

    fn on_msg_to_admin(&self, message: &mut Message, session: &SessionId) {
        if message.with_header(|header| header.get_field(MSG_TYPE)).as_deref() == Some("A") {
            let username = session.get_sender_comp_id().unwrap_or_default();
            let _ = message.set_field(USERNAME, username);
            let _ = message.set_field(PASSWORD, self.password.clone());
        }
    }

    fn on_msg_to_app(&self, message: &mut Message, _: &SessionId) -> Result<(), MsgToAppError> {
        if message.get_field(TRANSACT_TIME).as_deref() == Some(NOW) {
            let now = message.with_header(|header| header.get_field(SENDING_TIME));
            let _ = message.set_field(TRANSACT_TIME, now.unwrap_or_default());
        }
        Ok(())
    }

    fn on_msg_from_app(&self, message: &Message, _: &SessionId) -> Result<(), MsgFromAppError> {
        let text = message.to_fix_string().unwrap_or_default();
        self.note(|history| history.delivered.push(readable(&text)));
        Ok(())
    }
}

impl LogCallback for Record {
    fn on_incoming(&self, _: Option<&SessionId>, message: &str) {
        let message = readable(message);
        self.note(|history| {
            history.story.push(format!("< {}", message.0));
            history.wire_in.push(message);
        });
    }

    fn on_outgoing(&self, _: Option<&SessionId>, message: &str) {
        let message = readable(message);
        self.note(|history| {
            history.story.push(format!("> {}", message.0));
            history.wire_out.push(message);
        });
    }

    fn on_event(&self, _: Option<&SessionId>, words: &str) {
        self.note(|history| history.story.push(format!("  {words}")));
    }
}

fn readable(message: &str) -> Fix {
    Fix(message.replace('\u{1}', "|"))
}

/// What QuickFIX holds every message of the venue against.
#[derive(Clone, Copy)]
pub enum Dictionary {
    /// `docs/fix/portcullis-orders.xml`: no message, field or value that it does not have.
    Venues,
    /// `docs/fix/portcullis-market-data.xml`, and market data is what it speaks.
    MarketData,
    /// All of FIX 4.4, for market data.
    Fix44OfMarketData,
    /// All of FIX 4.4, where tags from 5000 on are nobody's business.
    Fix44,
}

pub struct Client {
    pub comp_id: String,
    dictionary: Dictionary,
    directory: PathBuf,
    port: u16,
    record: &'static Record,
    engine: Option<Initiator<'static, Record, Record, FileMessageStoreFactory>>,
    /// What the test has looked at of `History::delivered`.
    seen: usize,
}

impl Client {
    /// Not connected yet. `directory` keeps its numbers and messages.
    pub fn new(comp_id: &str, dictionary: Dictionary, directory: &Path, port: u16) -> Self {
        let record = Record {
            password: comp_id.to_lowercase(),
            history: Mutex::default(),
            changed: Condvar::new(),
        };
        Self {
            comp_id: comp_id.to_owned(),
            dictionary,
            directory: directory.join(comp_id),
            port,
            // QuickFIX borrows it and has threads of its own: it lives as long as the process.
            record: Box::leak(Box::new(record)),
            engine: None,
            seen: 0,
        }
    }

    /// Connects and logs on, and goes on doing so once a second until [`Self::stop`].
    pub fn start(&mut self) {
        std::fs::create_dir_all(&self.directory).unwrap();
        let file = self.directory.join("quickfix.cfg");
        std::fs::write(&file, self.settings()).unwrap();
        let settings = SessionSettings::try_from_path(&file).unwrap();
        let application = Box::leak(Box::new(Application::try_new(self.record).unwrap()));
        let store = Box::leak(Box::new(FileMessageStoreFactory::try_new(&settings).unwrap()));
        let log = Box::leak(Box::new(LogFactory::try_new(self.record).unwrap()));
        let kind = FixSocketServerKind::MultiThreaded;
        let mut engine = Initiator::try_new(&settings, application, store, log, kind).unwrap();
        engine.start().unwrap();
        self.engine = Some(engine);
    }

    fn settings(&self) -> String {
        let (comp_id, port) = (&self.comp_id, self.port);
        let store = self.directory.display();
        let (dictionary, user_defined) = match self.dictionary {
            Dictionary::Venues => (venues_dictionary("orders"), "Y"),
            Dictionary::MarketData => (venues_dictionary("market-data"), "Y"),
            Dictionary::Fix44 | Dictionary::Fix44OfMarketData => {
                (fix44_dictionary().to_owned(), "N")
            }
        };
        // The numbers of market data are those of the connection.
        let reset = match self.dictionary {
            Dictionary::MarketData | Dictionary::Fix44OfMarketData => "Y",
            Dictionary::Venues | Dictionary::Fix44 => "N",
        };
        let dictionary = dictionary.display();
        format!(
            "[DEFAULT]\nConnectionType=initiator\nReconnectInterval=1\nHeartBtInt=30\n\
             NonStopSession=Y\nPersistMessages=Y\nFileStorePath={store}\n\
             ResetOnLogon={reset}\nResetOnLogout=N\nResetOnDisconnect=N\n\
             UseDataDictionary=Y\nDataDictionary={dictionary}\nValidateFieldsOutOfOrder=Y\n\
             ValidateFieldsHaveValues=Y\nValidateUserDefinedFields={user_defined}\n\
             AllowUnknownMsgFields=N\nSocketNodelay=Y\n\
             [SESSION]\nBeginString=FIX.4.4\nSenderCompID={comp_id}\nTargetCompID={VENUE}\n\
             SocketConnectHost=127.0.0.1\nSocketConnectPort={port}\n"
        )
    }

    /// Logs out and disconnects; what it has stored stays.
    pub fn stop(&mut self) {
        self.engine = None;
        self.wait("its own logout", |history| (!history.is_logged_on).then_some(()));
    }

    pub fn log_on(&mut self) {
        let before = self.history(|history| history.logons);
        self.start();
        self.await_logon(before + 1);
    }

    /// Logged on now, for the `logons`th time at least.
    pub fn await_logon(&self, logons: usize) {
        self.wait(&format!("logon {logons}"), |history| {
            (history.is_logged_on && history.logons >= logons).then_some(())
        });
    }

    /// Makes the stopped engine believe that it has missed the last `count` messages.
    /// Returns the number it will expect.
    pub fn forget_messages(&self, count: u64) -> u64 {
        let file = self.directory.join(format!("FIX.4.4-{}-{VENUE}.seqnums", self.comp_id));
        let text = std::fs::read_to_string(&file).unwrap();
        let (sender, target) = text.trim().split_once(" : ").expect("two numbers");
        let target = target.parse::<u64>().unwrap() - count;
        std::fs::write(&file, format!("{sender} : {target:010}")).unwrap();
        target
    }

    /// Sends a message; while logged off it is stored, and resent when the venue asks.
    pub fn send(&self, kind: &str, fields: &[(i32, &str)]) {
        let mut message = Message::new();
        message.with_header_mut(|header| header.set_field(MSG_TYPE, kind)).unwrap();
        for (tag, value) in fields {
            message.set_field(*tag, *value).unwrap();
        }
        let session = SessionId::try_new("FIX.4.4", &self.comp_id, VENUE, "").unwrap();
        send_to_target(message, &session).unwrap();
    }

    /// MarketDataRequest for ACME: `kinds` are MDEntryTypes (269).
    pub fn ask_for_market_data(&self, fields: &[(i32, &str)], kinds: &[&str]) {
        let mut message = Message::new();
        message.with_header_mut(|header| header.set_field(MSG_TYPE, "V")).unwrap();
        for (tag, value) in fields {
            message.set_field(*tag, *value).unwrap();
        }
        for kind in kinds {
            let mut group = Group::try_new(267, 269).unwrap();
            group.set_field(269, *kind).unwrap();
            message.add_group(&group).unwrap();
        }
        let mut group = Group::try_new(146, 55).unwrap();
        group.set_field(55, "ACME").unwrap();
        message.add_group(&group).unwrap();
        let session = SessionId::try_new("FIX.4.4", &self.comp_id, VENUE, "").unwrap();
        send_to_target(message, &session).unwrap();
    }

    /// NewOrderSingle: `terms` is like `buy 100 ACME @ 10.5 ioc`.
    pub fn order(&self, name: &str, terms: &str) {
        let words: Vec<&str> = terms.split(' ').collect();
        let (&[side, qty, symbol, "@", price], rest) = words.split_at(5) else {
            panic!("{terms}");
        };
        let time_in_force = if rest == ["ioc"] { "3" } else { "1" };
        let fields = [(11, name), (55, symbol), (54, code(side)), (60, NOW), (38, qty)];
        let more = [(40, "2"), (44, price), (59, time_in_force)];
        self.send("D", &[&fields[..], &more].concat());
    }

    /// OrderCancelRequest for `order`, on `book` (`buy ACME`).
    pub fn cancel(&self, name: &str, order: &str, book: &str) {
        let (side, symbol) = book.split_once(' ').expect("side and symbol");
        let fields = [(11, name), (41, order), (55, symbol), (54, code(side)), (60, NOW)];
        self.send("F", &fields);
    }

    /// OrderCancelReplaceRequest: the order is to be as `terms` say, see [`Self::order`].
    pub fn replace(&self, name: &str, order: &str, terms: &str) {
        let words: Vec<&str> = terms.split(' ').collect();
        let &[side, qty, symbol, "@", price] = &words[..] else { panic!("{terms}") };
        let fields = [(11, name), (41, order), (55, symbol), (54, code(side)), (60, NOW)];
        let more = [(38, qty), (40, "2"), (44, price), (59, "1")];
        self.send("G", &[&fields[..], &more].concat());
    }

    /// OrderStatusRequest.
    pub fn ask_status(&self, order: &str, book: &str) {
        let (side, symbol) = book.split_once(' ').expect("side and symbol");
        self.send("H", &[(11, order), (55, symbol), (54, code(side))]);
    }

    /// The next message that QuickFIX lets through has all of `fields`.
    pub fn expect(&mut self, fields: &str) -> Fix {
        let at = self.seen;
        let message = self.wait(fields, |history| history.delivered.get(at).cloned());
        assert!(message.has(fields), "{}: {}\n  has not {fields}", self.comp_id, message.0);
        self.seen += 1;
        message
    }

    /// All that has been let through has been looked at.
    pub fn skip_delivered(&mut self) {
        self.seen = self.history(|history| history.delivered.len());
    }

    /// Looks at what has happened.
    pub fn history<T>(&self, look: impl FnOnce(&History) -> T) -> T {
        look(&self.record.lock())
    }

    /// Waits until `find` finds something in the history; `what` is told when nothing comes.
    pub fn wait<T>(&self, what: &str, mut find: impl FnMut(&History) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut history = self.record.lock();
        loop {
            if let Some(found) = find(&history) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let last = history.story.iter().rev().take(24).rev();
                let last = last.map(String::as_str).collect::<Vec<_>>().join("\n");
                drop(history);
                panic!("{}: waited in vain for {what} after\n{last}", self.comp_id);
            }
            let waited = self.record.changed.wait_timeout(history, left);
            history = waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let story = self.history(|history| history.story.join("\n"));
            let _ = std::fs::write(self.directory.join("story.txt"), story);
        }
    }
}

/// Side (54).
fn code(side: &str) -> &'static str {
    match side {
        "buy" => "1",
        "sell" => "2",
        _ => panic!("{side} is no side"),
    }
}

/// What clients are given: `orders` or `market-data`.
pub fn venues_dictionary(of: &str) -> PathBuf {
    let file = format!("../../docs/fix/portcullis-{of}.xml");
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// FIX 4.4 in QuickFIX's own format. QuickFIX's crate leaves the file out; that of `fefix`, which
/// the workspace uses anyway (gateway/oracle), has it.
fn fix44_dictionary() -> &'static Path {
    const INSIDE: &str = "src/fefix_core/resources/quickfix/FIX-4.4.xml";
    static DICTIONARY: OnceLock<PathBuf> = OnceLock::new();
    DICTIONARY.get_or_init(|| {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| env!("CARGO").into());
        let asked = Command::new(cargo)
            .args(["metadata", "--format-version", "1"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo metadata");
        let told = String::from_utf8(asked.stdout).unwrap();
        // Every package has its `"manifest_path":"…/Cargo.toml"`.
        told.split("\"manifest_path\":\"")
            .filter_map(|rest| Path::new(rest.split('"').next()?).parent())
            .filter(|folder| folder.components().any(|c| is_fefix(c.as_os_str())))
            .map(|folder| folder.join(INSIDE))
            .find(|file| file.exists())
            .expect("the sources of `fefix` with FIX-4.4.xml; `cargo fetch` brings them")
    })
}

fn is_fefix(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("fefix-"))
}
