//! Every kind of order over the wire: what docs/wire/fix.md says of tags, and what the feed shows.

use crate::venue::Venue;
use gateway::fix::time::{Precision, Stamp};
use std::time::Duration;

#[test]
fn post_only_iceberg_stop_and_good_till_date_do_what_they_say_and_a_mass_cancel_ends_the_rest() {
    let venue = Venue::start("mio", "fused", |config| config);
    let (mut a, mut b) = (venue.log_on("CLIENT1"), venue.log_on("CLIENT2"));
    a.order("a1", "2", "10", "10");
    a.expect("35=8 150=0 11=a1 1=CLIENT1");

    b.send("D", "11=b1|55=ACME|54=1|60=NOW|38=5|40=2|44=10|18=6|");
    b.expect("35=8 150=8 11=b1 103=99 58=post-only, and it would trade at once");
    b.send("D", "11=b2|55=ACME|54=1|60=NOW|38=5|40=2|44=10|18=6|5018=Y|");
    b.expect("35=8 150=0 11=b2 44=9.99 18=6 5018=Y");

    a.send("D", "11=a2|55=ACME|54=2|60=NOW|38=10|40=2|44=11|111=3|");
    a.expect("35=8 150=0 11=a2 111=3");
    a.send("D", "11=a3|55=ACME|54=2|60=NOW|38=10|40=2|44=12|111=0|");
    a.expect("35=8 150=0 11=a3 111=0");

    b.send("D", "11=b3|55=ACME|54=1|60=NOW|38=2|40=3|99=10|");
    b.expect("35=8 150=0 11=b3 40=3 99=10 636=N");
    b.order("b4", "1", "1", "10");
    b.expect("35=8 150=0 11=b4");
    b.expect("35=8 150=F 11=b4 39=2 31=10");
    b.expect("35=8 150=D 378=99 636=Y 11=b3 39=0 58=StopPx is reached");
    b.expect("35=8 150=F 11=b3 39=2 32=2 31=10");
    a.expect("35=8 150=F 11=a1 32=1");
    a.expect("35=8 150=F 11=a1 32=2 151=7");

    b.send("D", "11=b5|1=NOBODY|55=ACME|54=1|60=NOW|38=1|40=2|44=1|");
    b.expect("35=8 150=8 11=b5 103=15 58=unknown account");
    let soon = gateway::io::clock::utc_now_ns() + 1_500_000_000;
    let soon = Stamp::new(soon, Precision::Millis);
    let soon = std::str::from_utf8(soon.as_bytes()).unwrap();
    b.send("D", &format!("11=b6|55=ACME|54=1|60=NOW|38=1|40=2|44=1|59=6|126={soon}|"));
    b.expect(&format!("35=8 150=0 11=b6 59=6 126={soon}"));
    b.expect("35=8 150=C 39=C 11=b6 58=ExpireTime");

    a.send("AF", "584=s1|585=7|");
    a.expect("35=8 150=I 11=a1 39=1 151=7 584=s1 912=N");
    a.expect("35=8 150=I 11=a2 39=0 151=10 584=s1 912=N");
    a.expect("35=8 150=I 11=a3 39=0 584=s1 912=Y");
    a.send("AF", "584=s2|585=1|55=BTC-USD|");
    a.expect("35=8 150=I 37=NONE 39=8 584=s2 912=Y 103=5 58=no open orders");
    a.send("q", "11=q1|60=NOW|530=1|55=NOBODY|");
    a.expect("35=r 11=q1 531=0 532=1 533=0 58=unknown symbol");
    a.send("q", "11=q2|60=NOW|530=1|55=ACME|54=2|");
    a.expect("35=8 150=4 11=a1 14=3 58=mass cancel");
    a.expect("35=8 150=4 11=a2 58=mass cancel");
    a.expect("35=8 150=4 11=a3 58=mass cancel");
    a.expect("35=r 11=q2 530=1 531=1 533=3 55=ACME 54=2");
    a.send("q", "11=q3|60=NOW|530=7|");
    a.expect("35=r 11=q3 530=7 531=7 533=0");
    b.send("F", "11=b7|41=b2|55=ACME|54=1|60=NOW|");
    b.expect("35=8 150=4 11=b7");
}

#[test]
fn a_drop_copy_session_hears_what_its_firm_hears_before_and_after_a_kill() {
    let mut venue = Venue::start("uring", "fused", |config| {
        let of_two = "comp_id = \"CLIENT2\"\naccount = \"CLIENT2\"\nfirm = 2\n";
        assert!(config.contains(of_two));
        let copies = "comp_id = \"CLIENT2\"\nfirm = 1\ndrop_copy = true\n";
        config.replace(of_two, copies)
    });
    let (mut a, mut b) = (venue.log_on("CLIENT1"), venue.log_on("CLIENT3"));
    a.order("a1", "1", "10", "10");
    a.expect("35=8 150=0 11=a1");
    b.order("b1", "2", "4", "10");
    b.expect("35=8 150=0 11=b1");
    b.expect("35=8 150=F 11=b1");
    a.expect("35=8 150=F 11=a1 14=4");
    venue.kill_9();
    venue.restart();
    // It was away: the numbers of its session went on, and it asks.
    let mut copies = venue.connect("CLIENT2");
    copies.next_in = 3;
    copies.log_on();
    copies.send("2", "7=1|16=2|");
    copies.expect("35=8 43=Y 34=1 115=CLIENT1 150=0 11=a1 17=1");
    copies.expect("35=8 43=Y 34=2 115=CLIENT1 150=F 11=a1 32=4");
    copies.order("c1", "1", "1", "1");
    copies.expect("35=j 380=6 372=D 58=Not authorized");
    let mut back = venue.connect("CLIENT1");
    (back.next_out, back.next_in) = (a.next_out, a.next_in);
    back.log_on();
    back.send("F", "11=a2|41=a1|55=ACME|54=1|60=NOW|");
    back.expect("35=8 150=4 11=a2");
    copies.expect("35=8 115=CLIENT1 150=4 11=a2 41=a1");
}

#[test]
fn a_trade_outside_the_band_becomes_an_auction_and_the_feed_tells_all_of_it() {
    let venue = Venue::start("mio", "fused", |config| {
        let acme = "lot = \"1\"\n";
        assert!(config.contains(acme));
        let band = "reference_price = \"10\"\nstatic_band_bps = 1000\nband_action = \"auction\"\n";
        config.replace(acme, &format!("{acme}{band}volatility_auction_ms = 2500\n"))
    });
    let listener = venue.listen(&["--json", "--trades", "--verify", "--seconds", "7"]);
    std::thread::sleep(Duration::from_millis(1500)); // The listener has had a snapshot of everything.
    let (mut a, mut b) = (venue.log_on("CLIENT1"), venue.log_on("CLIENT2"));
    a.order("a1", "2", "5", "12");
    a.expect("35=8 150=0 11=a1");
    b.order("b1", "1", "2", "12");
    b.expect("35=8 150=0 11=b1");
    b.send("D", "11=b2|55=ACME|54=1|60=NOW|38=5|40=2|44=11|59=3|");
    b.expect("35=8 150=8 103=99 58=not in this phase: it needs continuous trading");
    // The other instrument trades meanwhile, at once.
    a.send("D", "11=a2|55=ETH-USD|54=1|60=NOW|38=1.5|40=2|44=3000|");
    a.expect("35=8 150=0 11=a2");
    b.send("D", "11=b3|55=ETH-USD|54=2|60=NOW|38=1|40=1|");
    b.expect("35=8 150=0 11=b3");
    b.expect("35=8 150=F 11=b3 31=3000");
    a.expect("35=8 150=F 11=a2 31=3000");
    b.expect("35=8 150=F 11=b1 31=12 32=2");
    a.expect("35=8 150=F 11=a1 31=12 32=2 151=3");

    let lines = listener.lines();
    let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).collect::<Vec<_>>();
    let phases: Vec<_> = of("phase").iter().map(|line| (&line["phase"], &line["reason"])).collect();
    let told = ["VolatilityAuction", "PriceBand", "Continuous", "AuctionEnd"];
    let [auction, band, continuous, end] = told.map(serde_json::Value::from);
    assert_eq!(phases, [(&auction, &band), (&continuous, &end)]);
    let indicative = of("AuctionIndicative");
    let last = indicative.last().expect("what it would do was told");
    assert_eq!((&last["symbol"], &last["qty"]), (&"ACME".into(), &"2".into()));
    assert_eq!((&last["price"], &last["imbalanceSide"]), (&"12".into(), &"sell".into()));
    assert_eq!(of("AuctionResult")[0]["price"], "12");
    let trades: Vec<_> =
        of("trade").iter().map(|line| (&line["symbol"], &line["aggressor"])).collect();
    let (eth, acme, nobody) = ("ETH-USD".into(), "ACME".into(), serde_json::Value::Null);
    assert_eq!(trades, [(&eth, &"sell".into()), (&acme, &nobody)], "an uncross is told once");
}
