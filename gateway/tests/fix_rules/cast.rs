//! The venue that cases are played in: for each case an instrument and the sessions of its cast.
//!
//! | | |
//! | --- | --- |
//! | A, B, G | each with a firm of its own; accounts `MAIN`, which is the session's, and `SUB` |
//! | D | of A's firm and user, account `MAIN` |
//! | E | of A's firm, another user, account `SUB` |
//! | P | a firm of its own; may enter limit orders of ACME only, day and IOC, no icebergs |
//! | Q | of P's firm, account `SUB`; may enter everything its firm may: ACME and NEXT, limit and market |
//! | R | the drop copy session of A's firm |
//! | H | may not be logged on today |
//! | K | its hours end and begin, with new numbers, ten seconds after the simulator's clock does |
//! | C | a firm of its own; its orders are cancelled 1 s after its connection ends |

use crate::script::{Case, Of, Who};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use std::fmt::Write;
use std::sync::OnceLock;

pub const VENUE: &str = "PORTCULLIS";

pub fn comp_id(case: usize, who: Who) -> String {
    format!("{who}{case:03}")
}

/// The number of the firm of A and D, and of their user.
pub fn base(case: usize) -> u32 {
    1000 + 10 * case as u32
}

pub fn symbol(case: usize) -> String {
    format!("S{case:03}")
}

/// The hash of "secret", cheap to check.
fn password_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        let cheap = Params::new(8, 1, 1, None).unwrap();
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, cheap);
        argon.hash_password(b"secret").unwrap().to_string()
    })
}

/// The demo venue's settings with what the cases need. `neighbours` are sessions N000, N001 … with a
/// common instrument.
pub fn config<'a>(
    demo: &str,
    cases: impl Iterator<Item = (usize, &'a Case)>,
    neighbours: usize,
) -> String {
    let head = demo.split("\n[[instrument]]").next().unwrap();
    let mut text = head
        .replace("sending_time_tolerance_s = 3600", "sending_time_tolerance_s = 120")
        .replace("connections_max = 64", "connections_max = 256")
        .replace("sessions_max = 64", "sessions_max = 2048")
        .replace("instruments_max = 64", "instruments_max = 512")
        .replace("accounts_max = 256", "accounts_max = 4096")
        // What is not needed is not paid for with every start.
        .replace("orders_max = 262144", "orders_max = 4096")
        .replace("pages_max = 16384", "pages_max = 2048")
        .replace("event_slots = 16384", "event_slots = 4096")
        .replace("disk_reserve_mib = 256", "disk_reserve_mib = 0");
    text.push_str(&hours());
    text.push_str("\n[[fee_tier]]\nmaker_ppm = 0\ntaker_ppm = 0\n");
    add_instrument(&mut text, "NEXT", "spare", "");
    for n in 0..neighbours {
        add_firm(&mut text, 1 + n as u32, "", "");
        add_session(&mut text, &comp_id(n, 'N'), 1 + n as u32, 0, "MAIN", "");
    }
    for (n, case) in cases {
        for setting in case.settings_of(Of::Venue).lines() {
            set_venue(&mut text, setting);
        }
        for line in case.settings_of(Of::Timetable).lines() {
            writeln!(text, "[[schedule]]\n{}", line.replace(", ", "\n")).unwrap();
        }
        add_instrument(&mut text, &symbol(n), &symbol(n), &case.settings_of(Of::Instrument));
        let cast = case.cast();
        let base = base(n);
        let firm = |who| match who {
            'A' | 'D' | 'E' | 'R' => base,
            'P' | 'Q' => base + 9,
            who => base + who as u32 - 'A' as u32,
        };
        let mut firms: Vec<u32> = cast.iter().map(|who| firm(*who)).collect();
        firms.sort_unstable();
        firms.dedup();
        for number in firms {
            let mut more = match number - base {
                9 => format!(
                    "instrument_groups = [\"spare\", \"{}\"]\norder_types = [\"limit\", \"market\"]\n",
                    symbol(n)
                ),
                _ => String::new(),
            };
            let of_firm = cast.iter().filter(|who| firm(**who) == number);
            let mut main = String::new();
            for who in of_firm {
                more.push_str(&case.settings_of(Of::Firm(*who)));
                main.push_str(&case.settings_of(Of::Account(*who)));
            }
            add_firm(&mut text, number, &more, &main);
        }
        for who in cast {
            let user = if matches!(who, 'A' | 'D') { base } else { base + who as u32 };
            let account = if matches!(who, 'E' | 'Q') { "SUB" } else { "MAIN" };
            let more = match who {
                'C' => "cancel_on_disconnect = true\ngrace_ms = 1000\n".into(),
                'P' => format!(
                    "instruments = [\"{}\"]\norder_types = [\"limit\"]\nconditions = [\"post-only\"]\n\
                     times_in_force = [\"day\", \"immediate-or-cancel\"]\n",
                    symbol(n)
                ),
                'R' => "drop_copy = true\n".into(),
                'H' => "hours = \"shut\"\n".into(),
                'K' => "hours = \"turn\"\n".into(),
                _ => String::new(),
            };
            add_session(&mut text, &comp_id(n, who), firm(who), user, account, &more);
        }
    }
    text
}

/// `shut`: on a day that is far from today and from the simulator's day, a Tuesday, 22:13:20.
fn hours() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let today = (since.as_secs() / 86_400 + 3) % 7; // From Monday.
    let day = if [4, 5, 6].contains(&today) { "thursday" } else { "saturday" };
    let day = if today == 4 { "sunday" } else { day };
    format!(
        "\n[[hours]]\nname = \"shut\"\ndays = [\"{day}\"]\nstart = \"10:00\"\nend = \"10:01\"\n\
         time_zone = \"Europe/Berlin\"\n\n[[hours]]\nname = \"turn\"\ndays = [\"monday\", \"tuesday\", \
         \"wednesday\", \"thursday\", \"friday\", \"saturday\", \"sunday\"]\nstart = \"22:13:30\"\n\
         end = \"22:13:30\"\ntime_zone = \"UTC\"\nreset = \"daily\"\n"
    )
}

/// Says a key of `[venue]` anew.
fn set_venue(text: &mut String, setting: &str) {
    let key = setting.split(' ').next().unwrap();
    let at = text.find(&format!("\n{key} = ")).expect("the demo says it") + 1;
    let end = at + text[at..].find('\n').unwrap();
    text.replace_range(at..end, setting);
}

fn add_instrument(text: &mut String, symbol: &str, group: &str, more: &str) {
    writeln!(
        text,
        "[[instrument]]\nsymbol = \"{symbol}\"\ntick = \"0.01\"\nlot = \"1\"\n\
         quantity_max = \"1000000\"\nprice_max = \"100000\"\nnotional_max = \"50000000\"\n\
         groups = [\"{group}\"]\n{more}"
    )
    .unwrap();
}

fn add_firm(text: &mut String, firm: u32, more: &str, main: &str) {
    writeln!(text, "[[firm]]\nnumber = {firm}\n{more}").unwrap();
    for (name, more) in [("MAIN", main), ("SUB", "")] {
        writeln!(text, "[[account]]\nname = \"{name}\"\nfirm = {firm}\n{more}").unwrap();
    }
}

fn add_session(text: &mut String, comp_id: &str, firm: u32, user: u32, account: &str, more: &str) {
    let hash = password_hash();
    writeln!(
        text,
        "[[session]]\ncomp_id = \"{comp_id}\"\nfirm = {firm}\nuser = {user}\n\
         account = \"{account}\"\npassword_hash = \"{hash}\"\n{more}"
    )
    .unwrap();
}
