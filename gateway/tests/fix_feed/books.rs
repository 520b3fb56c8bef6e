//! After random orders the book that a client has made of W and X is the feed's own: levels and orders, whole
//! and the best few, told at once or late, with packets lost on the way.

use crate::client::{Heard, Peer};
use crate::exchange::{LOT, TICK};
use crate::world::{World, settings};
use engine::fake_log::Dice;
use gateway::fix::decimal;
use gateway::fix_feed::Settings;
use sbe_schemas::types::{Phase, Side};
use std::collections::BTreeMap;

/// What a client asks for.
#[derive(Clone, Copy, Debug)]
struct Kind {
    depth: &'static str,
    update: &'static str,
    aggregated: &'static str,
}

const KINDS: [Kind; 6] = [
    Kind { depth: "0", update: "1", aggregated: "Y" },
    Kind { depth: "0", update: "1", aggregated: "N" },
    Kind { depth: "3", update: "1", aggregated: "Y" },
    Kind { depth: "1", update: "1", aggregated: "Y" },
    Kind { depth: "0", update: "0", aggregated: "N" },
    Kind { depth: "2", update: "0", aggregated: "Y" },
];

/// One side as (price, quantity, orders or OrderID), best first.
type Rows = Vec<(i64, i64, u64)>;

/// A book as a client keeps it, knowing nothing but the messages.
#[derive(Default)]
struct Model {
    is_known: bool,
    sides: [Rows; 2],
    /// Of X: the trades, by MDEntryID.
    trades: Vec<u64>,
}

struct Follower {
    kind: Kind,
    peer: Peer,
    /// By symbol.
    models: BTreeMap<String, Model>,
    snapshots: usize,
    increments: usize,
}

fn number(text: &str) -> i64 {
    decimal::parse(text.as_bytes()).unwrap()
}

fn value<'a>(entry: &[(&str, &'a str)], tag: &str) -> Option<&'a str> {
    entry.iter().find(|(seen, _)| *seen == tag).map(|(_, value)| *value)
}

impl Model {
    fn snapshot(&mut self, heard: &Heard) {
        self.is_known = heard.get("5024").is_none();
        self.sides = Default::default();
        for entry in heard.entries("269") {
            if let Some(side) = side_of(&entry) {
                self.sides[side].push(row(&entry).expect("a price and a quantity"));
            }
        }
    }

    fn change(&mut self, entry: &[(&str, &str)]) {
        let Some(side) = side_of(entry) else {
            return self.trades.push(value(entry, "278").unwrap().parse().unwrap());
        };
        let price = number(value(entry, "270").unwrap());
        let id = value(entry, "278").map(|id| id.parse::<u64>().unwrap());
        let rows = &mut self.sides[side];
        let at = rows.iter().position(|row| match id {
            Some(id) => row.2 == id,
            None => row.0 == price,
        });
        match (value(entry, "279").unwrap(), at) {
            ("0", None) => {
                let better = |known: i64| if side == 0 { known >= price } else { known <= price };
                let place = rows.iter().take_while(|row| better(row.0)).count();
                rows.insert(place, row(entry).unwrap());
            }
            ("1", Some(at)) => rows[at] = row(entry).unwrap(),
            ("2", Some(at)) => {
                rows.remove(at);
            }
            (action, at) => panic!("279={action} of what is at {at:?}: {entry:?} {rows:?}"),
        }
    }
}

fn side_of(entry: &[(&str, &str)]) -> Option<usize> {
    match value(entry, "269") {
        Some("0") => Some(0),
        Some("1") => Some(1),
        _ => None,
    }
}

fn row(entry: &[(&str, &str)]) -> Option<(i64, i64, u64)> {
    let last = value(entry, "346").or(value(entry, "37"))?.parse().ok()?;
    Some((number(value(entry, "270")?), number(value(entry, "271")?), last))
}

impl Follower {
    fn new(world: &mut World, comp_id: char, kind: Kind) -> Self {
        let mut peer = world.connect(comp_id);
        let logon = [("98", "0"), ("108", "3600"), ("554", "secret")];
        peer.send(&world.net, "A", &logon, world.now);
        world.pass(60, &mut [&mut peer]);
        let asked = [
            ("262", "r"),
            ("263", "1"),
            ("264", kind.depth),
            ("265", kind.update),
            ("266", kind.aggregated),
            ("267", "3"),
            ("269", "0"),
            ("269", "1"),
            ("269", "2"),
            ("146", "2"),
            ("55", "SYM1"),
            ("55", "SYM2"),
        ];
        peer.send(&world.net, "V", &asked, world.now);
        let (models, snapshots, increments) = (BTreeMap::new(), 0, 0);
        Self { kind, peer, models, snapshots, increments }
    }

    fn take(&mut self) {
        while let Some(heard) = self.peer.inbox.pop_front() {
            match heard.kind() {
                "A" => {}
                "W" => {
                    self.snapshots += 1;
                    let symbol = heard.get("55").unwrap().to_owned();
                    self.models.entry(symbol).or_default().snapshot(&heard);
                }
                "X" => {
                    self.increments += 1;
                    for entry in heard.entries("279") {
                        let symbol = value(&entry, "55").unwrap();
                        self.models.get_mut(symbol).expect("a W before").change(&entry);
                    }
                }
                other => panic!("{other}: {heard}"),
            }
        }
    }

    fn assert_agrees(&self, world: &World, seed: u64) {
        for (number, listed) in world.feed.books().iter() {
            let symbol = String::from_utf8(listed.symbol().to_vec()).unwrap();
            let Some(model) = self.models.get(&symbol) else { continue };
            assert!(model.is_known, "seed {seed}: {symbol} is not known to {:?}", self.kind);
            let book = world.feed.books().orders(number).unwrap();
            let depth = self.kind.depth.parse::<usize>().unwrap();
            let depth = if depth == 0 { usize::MAX } else { depth };
            for (side, seen) in [Side::Buy, Side::Sell].into_iter().zip(&model.sides) {
                let right: Rows = match self.kind.aggregated {
                    "Y" => {
                        let levels = book.levels(side).take(depth);
                        let row = |l: marketdata::Level| {
                            (l.price.get(), i64::try_from(l.qty).unwrap(), l.orders.into())
                        };
                        levels.map(row).collect()
                    }
                    _ => {
                        book.side(side).map(|o| (o.price.get(), o.qty.get(), o.order_id)).collect()
                    }
                };
                assert_eq!(*seen, right, "seed {seed}, {symbol} {side:?} of {:?}", self.kind);
            }
        }
    }
}

fn roomy() -> Settings {
    Settings { slow_ns: u64::MAX, subscriptions_max: 10, ..settings() }
}

/// Some read always, some now and then; in the end everybody has the feed's book.
fn random_run(seed: u64, loses: bool) -> [usize; 2] {
    let mut world = World::new(2, seed, roomy());
    let mut dice = Dice(seed ^ 0xF00D);
    let comp_ids = 'A'..='Z';
    let mut followers: Vec<Follower> = comp_ids
        .zip(KINDS)
        .map(|(comp_id, kind)| Follower::new(&mut world, comp_id, kind))
        .collect();
    for step in 0..400 {
        for _ in 0..=dice.below(4) {
            world.venue.random();
        }
        world.drops = loses && dice.hits(20);
        world.commit();
        // By step and place: whoever it is sleeps through half of the run, in stretches.
        let awake = |n: usize| !(step / 40 + n).is_multiple_of(3);
        let hear = followers.iter_mut().enumerate().filter(|(n, _)| awake(*n));
        let mut peers: Vec<&mut Peer> = hear.map(|(_, f)| &mut f.peer).collect();
        world.pass(1 + dice.below(4), &mut peers);
        followers.iter_mut().for_each(Follower::take);
    }
    settle(&mut world, &mut followers, seed);
    for follower in &followers {
        // Nothing was told twice.
        for model in follower.models.values() {
            assert!(model.trades.is_sorted_by(|a, b| a < b), "seed {seed}: {:?}", model.trades);
        }
    }
    let sum = |count: fn(&Follower) -> usize| followers.iter().map(count).sum();
    [sum(|f| f.snapshots), sum(|f| f.increments)]
}

/// Nothing more happens, and everybody reads.
fn settle(world: &mut World, followers: &mut [Follower], seed: u64) {
    for number in 1..=2 {
        world.venue.phase(number, Phase::Continuous);
    }
    world.commit();
    for _ in 0..20 {
        let mut peers: Vec<&mut Peer> = followers.iter_mut().map(|f| &mut f.peer).collect();
        world.pass(30, &mut peers);
        followers.iter_mut().for_each(Follower::take);
    }
    for number in 1..=2 {
        let right = world.venue.resting(number);
        let book = world.feed.books().orders(number).unwrap();
        assert!(book.walk().copied().eq(right), "seed {seed}: the feed's own book");
        assert!(world.feed.books().get(number).unwrap().is_live());
    }
    followers.iter().for_each(|follower| follower.assert_agrees(world, seed));
}

#[test]
fn after_random_orders_a_clients_books_are_the_feeds() {
    let mut told = [0; 2];
    for seed in 1..=12 {
        let [snapshots, increments] = random_run(seed, false);
        told = [told[0] + snapshots, told[1] + increments];
    }
    println!("{} W, {} X", told[0], told[1]);
    assert!(told[1] > 2000, "the books were followed by X: {told:?}");
}

#[test]
fn books_come_back_when_packets_are_lost_on_the_way() {
    for seed in 101..=108 {
        let [snapshots, _] = random_run(seed, true);
        assert!(snapshots > 2 * KINDS.len(), "some book was told anew");
    }
}

/// More levels, and more orders, than a W holds: the rest comes in X, while the book goes on changing.
#[test]
fn a_book_that_no_snapshot_holds_is_told_whole() {
    for seed in 1..=6 {
        tell_a_large_book(seed);
    }
}

fn tell_a_large_book(seed: u64) {
    let mut world = World::new(2, seed, roomy());
    world.venue.clears = false;
    let mut dice = Dice(seed);
    // Every tick a level, or two orders on every second one, or levels of hundreds.
    let levels = 1900;
    let tick = |n: i64| match seed % 3 {
        0 => n,
        1 => n / 2 * 2,
        _ => n / 380 * 380,
    };
    for n in 1..=levels {
        world.venue.order(1, Side::Buy, 100 + tick(n), 1 + n % 7);
        world.venue.order(1, Side::Sell, 100 + 2 * levels + 2 - tick(n), 1 + n % 5);
        if n % 100 == 0 {
            world.commit();
        }
    }
    world.commit();
    let mut followers: Vec<Follower> = ('A'..='D')
        .zip([KINDS[0], KINDS[1], KINDS[1], KINDS[0]])
        .map(|(comp_id, kind)| Follower::new(&mut world, comp_id, kind))
        .collect();
    for _ in 0..300 {
        // Anywhere in the book, new levels between the old ones included, and trades at its top.
        let n = dice.below(levels as u64) as i64;
        world.venue.order(1, Side::Buy, 100 + tick(n), 2);
        let best = world.venue.resting(1)[0];
        let lots = best.qty.get() / LOT;
        world.venue.order(1, Side::Sell, best.price.get() / TICK, lots + dice.below(3) as i64);
        for _ in 0..3 {
            world.venue.random();
        }
        world.commit();
        let mut peers: Vec<&mut Peer> = followers.iter_mut().map(|f| &mut f.peer).collect();
        world.turn(&mut peers);
        world.now += 1;
        followers.iter_mut().for_each(Follower::take);
    }
    settle(&mut world, &mut followers, seed);
    for follower in &followers {
        assert!(follower.increments > 20, "seed {seed}: {}", follower.increments);
    }
}

/// Who takes nothing for so long that the ring has forgotten what comes next begins again with a W, and
/// meanwhile costs nothing but a full buffer.
#[test]
fn who_reads_late_is_told_anew() {
    let mut world = World::new(2, 3, roomy());
    let mut follower = Follower::new(&mut world, 'A', KINDS[1]);
    world.pass(5, &mut [&mut follower.peer]);
    follower.take();
    assert_eq!((follower.snapshots, follower.increments), (2, 0));
    let changes = 30_000;
    for n in 0..changes / 50 {
        for _ in 0..50 {
            // It comes at the back of its price, and sometimes what is first there trades.
            world.venue.order(1, Side::Buy, 1000 + n % 10, 1);
        }
        world.venue.order(1, Side::Sell, 1000, 49);
        world.commit();
        world.pass(1, &mut []);
    }
    settle(&mut world, std::slice::from_mut(&mut follower), 3);
    assert_eq!(follower.snapshots, 3, "one W more");
    let entries = follower.increments * 128;
    assert!(entries < 2 * changes as usize, "{} X", follower.increments);
}

#[test]
fn one_address_gets_its_share_of_the_connections() {
    let mut world = World::new(1, 3, Settings { per_address_max: 2, ..settings() });
    let [a, b] = ['A', 'B'].map(|comp_id| world.connect(comp_id));
    world.pass(2, &mut []);
    let c = world.connect('C');
    world.pass(2, &mut []);
    let ended = |peer: &Peer| world.net.client_ended(peer.client).is_some();
    assert_eq!([&a, &b, &c].map(ended), [false, false, true]);
    world.net.client_reset(a.client);
    world.pass(2, &mut []);
    let d = world.connect('D');
    world.pass(2, &mut []);
    assert!(world.net.client_ended(d.client).is_none(), "there is a place again");
}
