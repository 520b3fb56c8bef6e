//! The operator of a running venue: what he says happens, is told to whom it concerns, and outlives a kill.

use crate::peer::Peer;
use crate::venue::{MATRIX, Venue};
use std::process::Command;
use std::time::Duration;

/// The answer, and whether the exit code says that it was done.
fn operate(venue: &Venue, words: &str) -> (serde_json::Value, bool) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.args(["operate", "--json", "--data"]).arg(venue.data()).args(words.split(' '));
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (serde_json::from_str(&text).unwrap_or_default(), output.status.success())
}

fn done(venue: &Venue, words: &str, affected: u64) {
    let (answer, ok) = operate(venue, words);
    assert!(ok && answer["affected"] == affected, "{words}: {answer}");
}

fn tag(message: &str, tag: &str) -> String {
    let field = message.split('|').find_map(|field| field.strip_prefix(tag));
    field.unwrap_or_else(|| panic!("{tag} in {message}")).to_owned()
}

fn next(peer: &mut Peer) -> String {
    peer.next_in += 1;
    peer.read_message().expect("a message")
}

#[test]
fn the_operator_is_obeyed_and_everybody_is_told() {
    for (transport, placement) in MATRIX {
        let mut venue = Venue::start(transport, placement, |config| config);
        let listener = venue.listen(&["--print", "--json", "--seconds", "4"]);
        std::thread::sleep(Duration::from_millis(700));
        let (mut a, mut b) = (venue.log_on("CLIENT1"), venue.log_on("CLIENT2"));
        a.order("a1", "1", "10", "5");
        a.expect("35=8 150=0");
        b.order("b1", "2", "4", "5");
        b.expect("35=8 150=0");
        let sold = next(&mut b);
        let bought = next(&mut a);
        assert!(sold.contains("|150=F|") && bought.contains("|150=F|"), "{sold} {bought}");
        let trade = tag(&bought, "527=");
        assert_eq!(trade, tag(&sold, "527="));

        // A bust: both are told, with the ExecID of the trade; not twice.
        done(&venue, &format!("bust {trade}"), 0);
        let said = format!("35=8 150=H 39=1 11=a1 527={trade} 32=4 31=5 14=4 151=6");
        a.expect(&format!("{said} 19={}", tag(&bought, "17=")));
        b.expect(&format!("35=8 150=H 39=2 11=b1 527={trade} 19={}", tag(&sold, "17=")));
        let (answer, ok) = operate(&venue, &format!("bust {trade}"));
        assert!(!ok && answer["result"] == "UnknownTrade", "{answer}");

        // A kill: the open order ends, new ones are refused, after a kill of the venue too.
        done(&venue, "kill session CLIENT1", 1);
        a.expect("35=8 150=4 11=a1");
        a.order("a2", "1", "1", "5");
        a.expect("35=8 150=8 11=a2");
        done(&venue, "phase ACME halted", 0);
        b.order("b2", "1", "1", "5");
        b.expect("35=8 150=8 11=b2");
        let (answer, ok) = operate(&venue, "phase NONE halted");
        assert!(!ok && answer["error"] == "there is no instrument NONE", "{answer}");
        let lines = listener.lines();
        assert!(
            lines.iter().any(|line| line["type"] == "TradeBust"
                && line["tradeId"] == trade.parse::<u64>().unwrap()
                && line["qty"] == "4"),
            "{lines:?}"
        );
        venue.kill_9();
        venue.restart();
        let mut back = venue.connect("CLIENT2");
        (back.next_out, back.next_in) = (b.next_out, b.next_in);
        back.log_on_after_gap();
        back.order("b3", "1", "1", "5");
        back.expect_skipping("35=8 150=8 11=b3");
        done(&venue, "phase ACME continuous", 0);
        back.order("b4", "1", "1", "5");
        back.expect("35=8 150=0 11=b4");
    }
}
