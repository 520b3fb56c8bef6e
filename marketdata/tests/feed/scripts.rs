//! One case each: what a subscriber does when this or that goes wrong.

use crate::venue::{CHANNEL, EPOCH, LOT, MS, Venue};
use marketdata::packet::{PACKET_BYTES_MAX, Packet, PacketBuffer};
use marketdata::{FeedEvent, Line, SnapshotUse, State, Subscriber, SubscriberLimits};
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{BandPrices, PacketFlags, Phase, Side};

/// A subscriber and everything of note that it told.
struct Desk {
    subscriber: Subscriber,
    told: Vec<String>,
    now: u64,
}

impl Desk {
    fn new(limits: SubscriberLimits) -> Self {
        Self { subscriber: Subscriber::new(limits), told: Vec::new(), now: 0 }
    }

    fn hear<'a>(&mut self, line: Line, packets: impl IntoIterator<Item = &'a Vec<u8>>) {
        for packet in packets {
            self.now += 1;
            let told = &mut self.told;
            self.subscriber.on_packet(line, packet, self.now, &mut |e| told.extend(name(&e)));
        }
    }

    fn wait(&mut self, ns: u64) {
        self.now += ns;
        let told = &mut self.told;
        self.subscriber.on_tick(self.now, &mut |e| told.extend(name(&e)));
    }

    fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }

    fn state(&self) -> Option<State> {
        self.subscriber.instrument(1).map(|instrument| instrument.state())
    }
}

fn name(event: &FeedEvent<'_>) -> Option<String> {
    Some(match event {
        FeedEvent::Message { .. } | FeedEvent::Changed { .. } | FeedEvent::Defined { .. } => {
            return None;
        }
        FeedEvent::Checksum { verified: true, .. } | FeedEvent::EndOfEvent { .. } => return None,
        FeedEvent::State { state, .. } => state.name().to_string(),
        FeedEvent::Gap { from, to } => format!("lost {from}..{to}"),
        FeedEvent::Snapshot { used, .. } => format!("{used:?}"),
        FeedEvent::Reset { epoch } => format!("reset to {epoch}"),
        FeedEvent::Checksum { rpt_seq, .. } => format!("checksum at {rpt_seq} differs"),
        FeedEvent::Refused { error, .. } => format!("refused: {error:?}"),
        FeedEvent::Phase { status } => format!("{} ({})", status.phase, status.reason),
        FeedEvent::Summary { summary: s } => {
            let (qty, price, side, trades) = (s.qty, s.price, s.aggressor.0, s.trades);
            format!("{qty} @ {price} by {side} in {trades}")
        }
        // Those of the first instrument follow each trade; their own test looks at them.
        FeedEvent::Bands { .. } => return None,
        FeedEvent::Trade { trade } => {
            let side = trade.aggressor;
            format!("trade {} @ {} by {side}", trade.qty, trade.price)
        }
        FeedEvent::Indicative { indicative: i } => {
            format!(
                "indicative {} @ {}, {} left of {}",
                i.qty, i.price, i.imbalance_qty, i.imbalance_side
            )
        }
        FeedEvent::AuctionResult { result } => format!("auction {} @ {}", result.qty, result.price),
        other => format!("{other:?}"),
    })
}

/// One instrument, its definition (message 1) told.
fn venue() -> (Venue, Vec<Vec<u8>>) {
    let mut venue = Venue::new(1, 5);
    let first = venue.commit();
    (venue, first)
}

/// One more order, alone in its batch: one message, one packet.
fn one(venue: &mut Venue) -> Vec<Vec<u8>> {
    venue.order(1, Side::Buy, 500, 1);
    venue.commit()
}

#[test]
fn an_auction_is_told_from_its_phase_to_its_result() {
    let (mut venue, first) = venue();
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, &first);
    venue.phase(1, Phase::OpeningAuction);
    desk.hear(Line::A, &venue.commit());
    assert_eq!(desk.told(), ["live", "OpeningAuction (Operator)", "indicative 0 @ -, 0 left of 0"]);
    venue.order(1, Side::Buy, 505, 5);
    venue.order(1, Side::Sell, 495, 2);
    desk.hear(Line::A, &venue.commit());
    venue.now += 5 * MS;
    desk.hear(Line::A, &venue.commit_nothing());
    assert_eq!(desk.told(), ["indicative 2 @ 5.05, 3 left of 1"], "the book is crossed");
    venue.phase(1, Phase::Continuous);
    desk.hear(Line::A, &venue.commit());
    assert_eq!(desk.told(), ["auction 2 @ 5.05", "Continuous (Operator)"]);
    venue.assert_followed_by(&desk.subscriber);
}

#[test]
fn hidden_orders_and_reserves_are_seen_only_in_their_trades() {
    let (mut venue, first) = venue();
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, &first);
    venue.iceberg(Side::Sell, 500, 5, 2);
    venue.hidden(Side::Sell, 500, 3);
    desk.hear(Line::A, &venue.commit());
    assert_eq!(venue.resting(1).len(), 1, "the hidden one is not shown");
    venue.order(1, Side::Buy, 500, 7);
    desk.hear(Line::A, &venue.commit());
    // 2, 2 and 1 of the iceberg, each part at the back again; shown comes before hidden.
    assert_eq!(desk.told(), ["live", "7 @ 5 by 1 in 4", "trade 2 @ 5 by 1"]);
    assert_eq!(venue.resting(1), []);
    venue.assert_followed_by(&desk.subscriber);
}

#[test]
fn a_snapshot_of_before_does_not_bring_an_old_phase_back() {
    let (mut venue, first) = venue();
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, &first);
    let old = venue.snapshot();
    venue.phase(1, Phase::Halted);
    desk.hear(Line::A, &venue.commit());
    desk.hear(Line::Snapshot, &old);
    assert_eq!(desk.told(), ["live", "Halted (Operator)", "Verified"]);
    venue.assert_followed_by(&desk.subscriber);
    venue.phase(1, Phase::PreOpen);
    venue.commit(); // Lost; the snapshot says it.
    desk.hear(Line::Snapshot, &venue.snapshot());
    venue.assert_followed_by(&desk.subscriber);
}

#[test]
fn a_late_packet_is_waited_for_and_then_given_up() {
    let (mut venue, first) = venue();
    let (second, third, fourth) = (one(&mut venue), one(&mut venue), one(&mut venue));
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, &first);
    desk.hear(Line::A, &third);
    desk.hear(Line::B, &second);
    assert_eq!(desk.told(), ["live"], "the other line filled the hole");
    assert_eq!(desk.subscriber.next_sequence(), Some(4));
    desk.hear(Line::A, &one(&mut venue)); // Message 5; 4 is missing.
    desk.wait(10 * MS);
    assert_eq!(desk.told(), [""; 0]);
    desk.wait(10 * MS);
    assert_eq!(desk.told(), ["lost 4..5", "stale", "recovering"]);
    desk.hear(Line::B, &fourth);
    assert_eq!(desk.told(), [""; 0], "too late");
    desk.hear(Line::Snapshot, &venue.snapshot());
    assert_eq!(desk.told(), ["Adopted", "live"]);
    venue.assert_followed_by(&desk.subscriber);
}

#[test]
fn a_heartbeat_shows_that_the_last_packet_is_lost() {
    let (mut venue, first) = venue();
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, &first);
    desk.hear(Line::A, &one(&mut venue));
    one(&mut venue);
    desk.wait(100 * MS);
    assert_eq!(desk.told(), ["live"], "nothing says that there was more");
    desk.hear(Line::A, [&venue.heartbeat()]);
    desk.wait(20 * MS);
    assert_eq!(desk.told(), ["lost 3..4", "stale"]);
    desk.hear(Line::Snapshot, &venue.snapshot());
    assert_eq!(desk.told(), ["Adopted", "live"]);
    venue.assert_followed_by(&desk.subscriber);
}

#[test]
fn a_loss_that_was_not_about_a_book_leaves_it_stale_only_until_its_next_message() {
    let mut venue = Venue::new(2, 5);
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, &venue.commit());
    desk.hear(Line::A, &one(&mut venue));
    venue.order(2, Side::Sell, 600, 1);
    venue.commit(); // Of the other instrument; lost.
    desk.hear(Line::A, [&venue.heartbeat()]);
    desk.wait(20 * MS);
    desk.hear(Line::A, &one(&mut venue));
    assert_eq!(desk.told(), ["live", "live", "lost 4..5", "stale", "stale", "live"]);
}

#[test]
fn a_snapshot_that_ends_before_the_hole_does_not_bring_a_book_back() {
    let (mut venue, first) = venue();
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, &first);
    let old = venue.snapshot();
    one(&mut venue); // Lost.
    desk.hear(Line::A, &one(&mut venue));
    desk.wait(20 * MS);
    desk.hear(Line::Snapshot, &old);
    assert_eq!(desk.told(), ["live", "lost 2..3", "stale", "recovering", "Unused"]);
    assert_eq!(desk.state(), Some(State::Recovering));
}

#[test]
fn messages_kept_while_recovering_go_on_top_of_the_snapshot() {
    let (mut venue, _) = venue();
    one(&mut venue);
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, [&venue.heartbeat()]); // Joined late: from message 3 on.
    let snapshot = venue.snapshot();
    desk.hear(Line::A, &one(&mut venue));
    desk.hear(Line::A, &one(&mut venue));
    desk.hear(Line::Snapshot, &snapshot);
    assert_eq!(desk.told(), ["recovering", "Adopted", "live"]);
    venue.assert_followed_by(&desk.subscriber);
    desk.hear(Line::Snapshot, &venue.snapshot());
    desk.hear(Line::Snapshot, &snapshot);
    assert_eq!(desk.told(), ["Verified", "Unused"], "a live book is only compared");
}

#[test]
fn a_snapshot_with_a_packet_missing_is_thrown_away() {
    let (mut venue, _) = venue();
    for _ in 0..200 {
        one(&mut venue);
    }
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, [&venue.heartbeat()]);
    let mut cut = venue.snapshot();
    assert!(cut.len() > 3);
    cut.remove(2);
    desk.hear(Line::Snapshot, &cut);
    assert_eq!(desk.subscriber.statistics().snapshots_cut, 1);
    assert_eq!(desk.state(), Some(State::Stale));
    let whole = venue.snapshot();
    desk.hear(Line::Snapshot, whole.iter().flat_map(|packet| [packet, packet]));
    assert_eq!(desk.state(), Some(State::Live), "a packet that comes twice does no harm");
    venue.assert_followed_by(&desk.subscriber);
}

/// A quantity flipped on the way: nothing but the checksum can tell.
#[test]
fn a_wrong_quantity_is_found_by_the_checksum_and_put_right_by_a_snapshot() {
    let (mut venue, first) = venue();
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, &first);
    let mut before = Vec::new();
    for at in 1..=64 {
        before = venue.snapshot();
        let mut packets = one(&mut venue);
        if at == 40 {
            let place = packets[0].len() - 8; // The quantity is the last field of OrderAdd.
            packets[0][place..].copy_from_slice(&(2 * LOT).to_le_bytes());
        }
        desk.hear(Line::A, &packets);
    }
    assert_eq!(desk.told(), ["live", "checksum at 64 differs", "recovering"]);
    desk.hear(Line::Snapshot, &before);
    assert_eq!(desk.told(), ["Unused"], "what came after it has not been kept");
    desk.hear(Line::Snapshot, &venue.snapshot());
    assert_eq!(desk.told(), ["Adopted", "live"]);
    venue.assert_followed_by(&desk.subscriber);
    assert_eq!(desk.subscriber.statistics().checksums_failed, 1);
}

#[test]
fn a_snapshot_of_the_same_moment_finds_a_wrong_book_too() {
    let (mut venue, first) = venue();
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, &first);
    let mut packets = one(&mut venue);
    let place = packets[0].len() - 8;
    packets[0][place..].copy_from_slice(&(2 * LOT).to_le_bytes());
    desk.hear(Line::A, &packets);
    desk.hear(Line::Snapshot, &venue.snapshot());
    assert_eq!(desk.told(), ["live", &format!("{:?}", SnapshotUse::Differs)]);
    venue.assert_followed_by(&desk.subscriber);
}

#[test]
fn a_snapshot_that_does_not_add_up_is_not_used() {
    let (mut venue, _) = venue();
    one(&mut venue);
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, [&venue.heartbeat()]);
    let mut packets = venue.snapshot();
    let place = packets[0].len() - 6; // In the checksum of SnapshotEnd: 8 + cycle 4 + last 1.
    packets[0][place] ^= 1;
    desk.hear(Line::Snapshot, &packets);
    assert_eq!(desk.subscriber.statistics().checksums_failed, 1);
    assert_eq!(desk.state(), Some(State::Stale));
}

#[test]
fn an_impossible_message_is_refused_and_the_book_recovered() {
    let (mut venue, first) = venue();
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, &first);
    desk.hear(Line::A, &one(&mut venue));
    let delete = md::OrderDelete {
        instrument: 1.into(),
        side: Side::Buy.into(),
        rpt_seq: 2.into(),
        order_id: 999.into(),
        ..md::OrderDelete::ZERO
    };
    let lie = packet_of(EPOCH, 3, venue.now, &delete);
    desk.hear(Line::A, [&lie]);
    assert_eq!(desk.told(), ["live", "refused: UnknownOrder", "recovering"]);
    one(&mut venue); // Message 3, the true one.
    desk.hear(Line::Snapshot, &venue.snapshot());
    assert_eq!(desk.told(), ["Adopted", "live"]);
    venue.assert_followed_by(&desk.subscriber);
}

fn packet_of<M: Message>(epoch: u32, sequence: u64, time: u64, message: &M) -> Vec<u8> {
    let mut bytes = [0; PACKET_BYTES_MAX];
    let length = message.encode(&mut bytes).expect("short");
    let mut packet = PacketBuffer::new(CHANNEL, epoch, PacketFlags::EMPTY);
    packet.push(&bytes[..length], sequence, time);
    packet.finish().to_vec()
}

#[test]
fn a_later_epoch_begins_anew_and_an_earlier_one_is_ignored() {
    let (mut venue, first) = venue();
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, &first);
    desk.hear(Line::A, &one(&mut venue));
    let definition =
        md::InstrumentDefinition { instrument: 7.into(), ..md::InstrumentDefinition::ZERO };
    desk.hear(Line::A, [&packet_of(EPOCH + 1, 1, venue.now, &definition)]);
    assert_eq!(desk.told(), ["live", "reset to 2", "live"]);
    let known: Vec<u32> = desk.subscriber.instruments().map(|(number, _)| number).collect();
    assert_eq!(known, [7]);
    desk.hear(Line::B, &one(&mut venue));
    assert_eq!(desk.subscriber.statistics().outdated, 1);
    assert_eq!(desk.subscriber.next_sequence(), Some(2));
}

#[test]
fn a_venue_that_lost_its_log_is_followed_from_its_new_beginning() {
    let (mut old, first) = venue();
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, &first);
    for _ in 0..10 {
        desk.hear(Line::A, &one(&mut old));
    }
    let mut new = Venue::new(1, 6);
    new.now = old.now + 2_000 * MS;
    desk.hear(Line::A, &new.commit());
    desk.hear(Line::A, &one(&mut new));
    assert_eq!(desk.told(), ["live", "reset to 1", "live"]);
    new.assert_followed_by(&desk.subscriber);
}

#[test]
fn a_restarted_venue_goes_on_where_it_was_and_tells_its_instruments_again() {
    let (mut venue, first) = venue();
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, &first);
    desk.hear(Line::A, &one(&mut venue));
    venue.restart();
    let again = venue.commit();
    let packet = Packet::parse(&again[0]).expect("our own");
    assert_eq!(packet.header.sequence.get(), 3, "the sequence goes on");
    let first = packet.messages().next().expect("one");
    assert!(md::InstrumentDefinition::decode(first).is_ok());
    desk.hear(Line::A, &again);
    desk.hear(Line::A, &one(&mut venue));
    assert_eq!(desk.told(), ["live"]);
    venue.assert_followed_by(&desk.subscriber);
}

#[test]
fn packets_of_another_channel_or_group_are_not_ours() {
    let (mut venue, first) = venue();
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, &first);
    let mut other = one(&mut venue);
    other[0][2] ^= 1; // Channel.
    desk.hear(Line::A, &other);
    desk.hear(Line::A, &venue.snapshot());
    desk.hear(Line::Snapshot, &one(&mut venue));
    desk.hear(Line::A, [&vec![1, 2, 3]]);
    assert_eq!(desk.subscriber.statistics().unreadable, 4);
    assert_eq!(desk.subscriber.next_sequence(), Some(2));
}

#[test]
fn what_was_kept_makes_room_again_when_it_turns_out_useless() {
    let (mut venue, _) = venue();
    let limits = SubscriberLimits { waiting_max: 6, ..SubscriberLimits::default() };
    let mut desk = Desk::new(limits);
    for _ in 0..5 {
        one(&mut venue); // Lost; what is kept after the hole before is of no use any more.
        for _ in 0..4 {
            desk.hear(Line::A, &one(&mut venue));
        }
        desk.wait(20 * MS);
    }
    let snapshot = venue.snapshot();
    for _ in 0..2 {
        desk.hear(Line::A, &one(&mut venue));
    }
    desk.told();
    desk.hear(Line::Snapshot, &snapshot);
    assert_eq!(desk.told(), ["Adopted", "live"]);
    venue.assert_followed_by(&desk.subscriber);
}

#[test]
fn a_hole_that_only_rpt_seq_shows_needs_a_snapshot_from_after_it() {
    let (mut venue, first) = venue();
    let mut desk = Desk::new(SubscriberLimits::default());
    desk.hear(Line::A, &first);
    desk.hear(Line::A, &one(&mut venue));
    let before = venue.snapshot();
    one(&mut venue); // Never told; the next takes over its sequence.
    let mut shifted = one(&mut venue);
    shifted[0][16..24].copy_from_slice(&3_u64.to_le_bytes());
    desk.hear(Line::A, &shifted);
    desk.hear(Line::Snapshot, &before);
    assert_eq!(desk.told(), ["live", "recovering", "Unused"]);
    desk.hear(Line::Snapshot, &venue.snapshot());
    assert_eq!(desk.told(), ["Adopted", "live"]);
    venue.assert_followed_by(&desk.subscriber);
}

#[test]
fn a_message_that_lies_about_its_rpt_seq_does_harm_only_until_the_next_snapshot() {
    for lie in [0, 1 << 60, u64::MAX] {
        let (mut venue, first) = venue();
        let mut desk = Desk::new(SubscriberLimits::default());
        desk.hear(Line::A, &first);
        desk.hear(Line::A, &one(&mut venue));
        let add = md::OrderAdd { instrument: 1.into(), rpt_seq: lie.into(), ..md::OrderAdd::ZERO };
        desk.hear(Line::A, [&packet_of(EPOCH, 3, venue.now, &add)]);
        one(&mut venue); // What message 3 really was.
        desk.hear(Line::Snapshot, &venue.snapshot());
        assert_eq!(desk.told(), ["live", "recovering", "Adopted", "live"], "rptSeq {lie}");
        venue.assert_followed_by(&desk.subscriber);
    }
}

#[test]
fn what_was_kept_does_not_go_beyond_the_bound_of_orders_either() {
    let (mut venue, _) = venue();
    one(&mut venue);
    let mut desk = Desk::new(SubscriberLimits { orders_max: 3, ..SubscriberLimits::default() });
    desk.hear(Line::A, [&venue.heartbeat()]);
    let snapshot = venue.snapshot();
    for _ in 0..4 {
        desk.hear(Line::A, &one(&mut venue));
    }
    desk.hear(Line::Snapshot, &snapshot);
    assert_eq!(desk.told(), ["recovering", "Adopted", "live", "refused: Full", "recovering"]);
}

#[test]
fn every_bound_holds_and_what_lies_beyond_is_recovered_later() {
    let (mut venue, _) = venue();
    one(&mut venue);
    let limits = SubscriberLimits {
        instruments_max: 1,
        orders_max: 40,
        waiting_max: 4,
        held_bytes_max: 1_000,
        late_ns: u64::MAX,
        ask: marketdata::AskLimits::NOBODY,
    };
    let mut desk = Desk::new(limits);
    desk.hear(Line::A, [&venue.heartbeat()]);
    let early = venue.snapshot();
    for _ in 0..10 {
        desk.hear(Line::A, &one(&mut venue));
    }
    desk.hear(Line::Snapshot, &early);
    assert_eq!(desk.told(), ["recovering", "Unused"], "no room to keep all since then");
    desk.hear(Line::Snapshot, &venue.snapshot());
    assert_eq!(desk.told(), ["Adopted", "live"]);
    one(&mut venue); // Lost, and `late_ns` never ends.
    for _ in 0..15 {
        desk.hear(Line::A, &one(&mut venue));
    }
    assert_eq!(desk.told(), ["lost 13..14", "stale", "recovering"], "too much was held");
    desk.hear(Line::Snapshot, &venue.snapshot());
    assert_eq!(desk.told(), ["Adopted", "live"]);
    for _ in 0..20 {
        desk.hear(Line::A, &one(&mut venue));
    }
    assert_eq!(desk.told(), ["refused: Full", "recovering"]);
    let stranger = md::OrderAdd { instrument: 2.into(), ..md::OrderAdd::ZERO };
    desk.hear(Line::A, [&packet_of(EPOCH, venue.engine.feed_seq(), venue.now, &stranger)]);
    assert_eq!(desk.subscriber.statistics().instruments_ignored, 1);
}

#[test]
fn bands_are_told_when_they_move_and_to_who_joins_late_by_snapshot() {
    let (mut venue, first) = venue();
    let mut told = Vec::new();
    let mut subscriber = Subscriber::new(SubscriberLimits::default());
    let mut hear = |subscriber: &mut Subscriber, line: Line, packets: &[Vec<u8>]| {
        for packet in packets {
            subscriber.on_packet(line, packet, 0, &mut |event| {
                if let FeedEvent::Bands { told: m } = event {
                    let BandPrices { low, high, static_low, static_high } = m.bands;
                    told.push([low, high, static_low, static_high].map(|price| price.to_string()));
                }
            });
        }
        std::mem::take(&mut told)
    };
    hear(&mut subscriber, Line::A, &first);
    let none = subscriber.instrument(1).expect("defined").bands().expect("told");
    assert_eq!(none.low.get().or(none.static_low.get()), None, "nothing to be around of");
    venue.order(1, Side::Sell, 1_000, 3);
    venue.order(1, Side::Buy, 1_000, 2);
    let around = |told: &[[String; 4]]| told.iter().map(|t| t.join(" ")).collect::<Vec<_>>();
    let moved = hear(&mut subscriber, Line::A, &venue.commit());
    assert_eq!(around(&moved), ["2 18 - -"], "80 percent of the last trade, 10");
    venue.order(1, Side::Buy, 1_000, 1);
    assert_eq!(hear(&mut subscriber, Line::A, &venue.commit()), [[""; 4]; 0], "the same price");
    venue.phase(1, Phase::OpeningAuction);
    venue.order(1, Side::Buy, 2_000, 5);
    venue.order(1, Side::Sell, 2_000, 5);
    venue.phase(1, Phase::Continuous);
    let moved = hear(&mut subscriber, Line::A, &venue.commit());
    assert_eq!(around(&moved), ["4 36 2 38"], "the uncross is a trade, and the reference");
    venue.order(1, Side::Sell, 1_000, 2);
    venue.order(1, Side::Buy, 1_000, 1);
    let packets = venue.commit();
    let snapshot = venue.snapshot();
    let mut late = Subscriber::new(SubscriberLimits::default());
    let heartbeat = venue.heartbeat();
    hear(&mut late, Line::A, &[heartbeat]);
    hear(&mut late, Line::Snapshot, &snapshot);
    venue.assert_followed_by(&late);
    let moved = hear(&mut subscriber, Line::A, &packets);
    assert_eq!(around(&moved), ["2 18 2 38"], "within both");
    hear(&mut subscriber, Line::Snapshot, &snapshot);
    venue.assert_followed_by(&subscriber);
}
