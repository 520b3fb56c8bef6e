//! One test a rule.

use super::*;

#[test]
fn at_one_price_shown_orders_trade_first_then_hidden_ones_then_all_or_none() {
    play(
        &mut Stage::plain(),
        "
        1a sell 5 px=100 whole  -> ok 1a @ 100
        1b sell 5 px=100 hidden -> ok 1b @ 100
        2c sell 5 px=100        -> ok 2c @ 100, +5 @ 100
        3d buy 11 px=100        -> ok 3d @ 100, 2c 5 @ 100, 3d 5 @ 100, \
            public, 1b 5 @ 100, 3d 5 @ 100, +1 @ 100
        ",
    );
}

#[test]
fn the_next_part_of_an_iceberg_goes_to_the_back_of_its_price() {
    play(
        &mut Stage::plain(),
        "
        1a sell 10 px=100 show=3 -> ok 1a @ 100, +3 @ 100
        2b sell 4 px=100         -> ok 2b @ 100, +4 @ 100
        3c buy 9 px=100          -> ok 3c @ 100, 1a 3 @ 100, 3c 3 @ 100, +3 @ 100, \
            2b 4 @ 100, 3c 4 @ 100, 1a 2 @ 100, 3c 2 @ 100
        3d buy 1 px=100          -> ok 3d @ 100, 1a 1 @ 100, 3d 1 @ 100, +3 @ 100
        ",
    );
}

#[test]
fn less_quantity_comes_off_the_reserve_first_and_keeps_the_place() {
    let mut stage = Stage::plain();
    play(&mut stage, "1a sell 10 px=100 show=4 -> ok 1a @ 100, +4 @ 100");
    assert_eq!(stage.replace("1a", "1b sell 5 px=100 show=4").join(", "), "replaced 1b");
    assert_eq!(
        stage.replace("1b", "1c sell 6 px=100 show=4").join(", "),
        "-, replaced 1c, +4 @ 100"
    );
    assert_eq!(stage.replace("1c", "1d sell 6 px=100").join(", "), "refused NotChangeable");
    play(&mut stage, "3e sell 3 px=101 -> ok 3e @ 101, +3 @ 101");
    assert_eq!(stage.replace("3e", "3f sell 2 px=101").join(", "), "=2, replaced 3f");
}

#[test]
fn all_or_none_trades_in_whole_and_only_at_a_better_price() {
    play(
        &mut Stage::plain(),
        "
        1a sell 10 px=99 whole -> ok 1a @ 99
        1b sell 5 px=100       -> ok 1b @ 100, +5 @ 100
        3c buy 4 px=100        -> ok 3c @ 100, 1b 4 @ 100, 3c 4 @ 100
        3d buy 12 px=100       -> ok 3d @ 100, public, 1a 10 @ 99, 3d 10 @ 99, \
            1b 1 @ 100, 3d 1 @ 100, +1 @ 100
        1e sell 2 px=100 whole -> ok 1e @ 100
        1f sell 1 px=100 whole -> ok 1f @ 100, 3d 1 @ 100, 1f 1 @ 100
        ",
    );
}

#[test]
fn post_only_is_refused_or_slides_behind_the_other_side() {
    play(
        &mut Stage::plain(),
        "
        1a sell 5 px=100      -> ok 1a @ 100, +5 @ 100
        3b buy 5 px=100 post  -> PostOnlyWouldTrade
        3c buy 5 px=105 slide -> ok 3c @ 99, +5 @ 99
        1d sell 5 px=98 slide -> ok 1d @ 100, +5 @ 100
        1e buy 5 px=99 post whole -> ConditionsConflict
        ",
    );
    let mut lowest = Stage::plain();
    play(&mut lowest, "1a sell 5 px=1 -> ok 1a @ 1, +5 @ 1");
    play(&mut lowest, "3b buy 5 px=1 slide -> PostOnlyWouldTrade");
}

#[test]
fn minimum_quantity_is_asked_once_and_a_fill_or_kill_wants_all() {
    play(
        &mut Stage::plain(),
        "
        1a sell 5 px=100 hidden -> ok 1a @ 100
        1b sell 9 px=100 whole  -> ok 1b @ 100
        3c buy 8 px=100 min=6   -> ok 3c @ 100, MinQty 3c
        3d buy 6 px=100 fok     -> ok 3d @ 100, FillOrKill 3d
        3e buy 8 px=100 min=5   -> ok 3e @ 100, public, 1a 5 @ 100, 3e 5 @ 100, +3 @ 100
        1f sell 4 market        -> ok 1f, 3e 3 @ 100, 1f 3 @ 100, ImmediateOrCancel 1f
        3g buy 1 tolimit        -> NoOppositePrice
        ",
    );
}

#[test]
fn one_stop_sets_off_the_next_buyers_first() {
    play(
        &mut Stage::plain(),
        "
        1a sell 1 px=100       -> ok 1a @ 100, +1 @ 100
        1b sell 5 px=102       -> ok 1b @ 102, +5 @ 102
        2c buy 2 stop=102      -> ok 2c
        2d buy 1 stop=100      -> ok 2d
        2e sell 1 stop=100 px=90 -> ok 2e @ 90
        3f buy 1 px=100        -> ok 3f @ 100, 1a 1 @ 100, 3f 1 @ 100, \
            Triggered 2d, 1b 1 @ 102, 2d 1 @ 102, \
            Triggered 2c, 1b 2 @ 102, 2c 2 @ 102, \
            Triggered 2e, +1 @ 90
        4g buy 1 stop=102      -> ok 4g, Triggered 4g, 2e 1 @ 90, 4g 1 @ 90
        ",
    );
}

#[test]
fn a_pro_rata_price_gives_the_oldest_its_share_then_all_then_by_age() {
    let mut stage = Stage::new(|d| {
        d.allocation = Allocation::ProRata.into();
        d.top_order_percent = 20.into();
        d.minimum_lots = 2.into();
    });
    // Q 21 of L 60: the oldest gets ceil(21 × 20%) = 5. Then Q 16 of L 55: 5 × 16/55 = 1 is less
    // than the minimum, 20 × 16/55 = 5, 30 × 16/55 = 8; the 3 that are left go by age.
    play(
        &mut stage,
        "
        1a sell 10 px=100 -> ok 1a @ 100, +10 @ 100
        1b sell 20 px=100 -> ok 1b @ 100, +20 @ 100
        2c sell 30 px=100 -> ok 2c @ 100, +30 @ 100
        3d buy 21 px=100  -> ok 3d @ 100, 1a 5 @ 100, 3d 5 @ 100, 1b 5 @ 100, 3d 5 @ 100, \
            2c 8 @ 100, 3d 8 @ 100, 1a 3 @ 100, 3d 3 @ 100
        ",
    );
}

#[test]
fn an_order_that_meets_its_own_does_as_it_was_told() {
    play(
        &mut Stage::plain(),
        "
        1a sell 5 px=100          -> ok 1a @ 100, +5 @ 100
        1b buy 3 px=100 newest    -> ok 1b @ 100, SelfTrade 1b
        1c buy 3 px=100 decrement -> ok 1c @ 100, =2, SelfTradeDecrement 1a, SelfTrade 1c
        1d buy 3 px=100 fok both  -> ok 1d @ 100, FillOrKill 1d
        1e buy 3 px=100 both      -> ok 1e @ 100, -, SelfTrade 1a, SelfTrade 1e
        1f sell 2 px=100          -> ok 1f @ 100, +2 @ 100
        2g sell 2 px=100          -> ok 2g @ 100, +2 @ 100
        1h buy 3 px=100 oldest    -> ok 1h @ 100, -, SelfTrade 1f, 2g 2 @ 100, 1h 2 @ 100, +1 @ 100
        1i sell 1 px=100          -> ok 1i @ 100, 1h 1 @ 100, 1i 1 @ 100
        ",
    );
}

#[test]
fn the_uncross_prefers_volume_then_balance_then_the_side_that_presses() {
    let uncross = |reference: i64, lines: &str| {
        let mut stage = Stage::new(|d| {
            d.reference_price = Decimal8::new(reference * STEPS[0].0);
            d.phase = Phase::OpeningAuction.into();
        });
        lines.split(',').for_each(|line| drop(stage.order(line)));
        let said = stage.phase(Phase::Continuous);
        said.into_iter().find(|words| words.starts_with("uncross")).unwrap()
    };
    // Most volume.
    assert_eq!(
        uncross(0, "1a buy 9 px=102,1b buy 9 px=100,3c sell 9 px=100,3d sell 5 px=101"),
        "uncross 9 @ 101"
    );
    // Buyers press everywhere: the highest; sellers: the lowest.
    assert_eq!(uncross(0, "1a buy 9 px=105,3c sell 5 px=100"), "uncross 5 @ 105");
    assert_eq!(uncross(0, "1a buy 5 px=105,3c sell 9 px=100"), "uncross 5 @ 100");
    // Nobody presses: the nearest to the reference price, or the middle, rounded down.
    assert_eq!(uncross(0, "1a buy 5 px=105,3c sell 5 px=100"), "uncross 5 @ 102");
    assert_eq!(uncross(104, "1a buy 5 px=105,3c sell 5 px=100"), "uncross 5 @ 104");
    assert_eq!(uncross(99, "1a buy 5 px=105,3c sell 5 px=100"), "uncross 5 @ 100");
    assert_eq!(uncross(0, "1a buy 5 px=99,3c sell 5 px=100"), "uncross nothing");
}

#[test]
fn an_auction_ends_market_orders_and_those_of_the_open() {
    let mut stage = Stage::new(|d| d.phase = Phase::OpeningAuction.into());
    play(
        &mut stage,
        "
        1a buy 5 market       -> ok 1a, +5 @ 1500
        1b buy 2 px=100 open  -> ok 1b @ 100, +2 @ 100
        1c buy 2 px=99 close  -> ok 1c @ 99
        3d sell 3 px=90       -> ok 3d @ 90, +3 @ 90
        3e sell 3 px=90 ioc   -> NotInAuction
        ",
    );
    let said = stage.phase(Phase::Continuous);
    let expected =
        "1a 3 @ 100, 3d 3 @ 100, uncross 3 @ 100, -, AuctionOver 1a, -, AuctionOver 1b, Continuous";
    assert_eq!(said.join(", "), expected);
    assert_eq!(PRICE_MAX, 1500);
    play(&mut stage, "1f buy 2 px=98 open -> TooLateToEnter");
    assert_eq!(stage.phase(Phase::ClosingAuction).join(", "), "ClosingAuction, +2 @ 99");
    assert_eq!(stage.phase(Phase::Closed).join(", "), "uncross nothing, -, AuctionOver 1c, Closed");
}

#[test]
fn a_trade_outside_a_band_does_not_happen() {
    let bands = |action: BandAction| {
        move |d: &mut j::InstrumentDefine| {
            d.reference_price = Decimal8::new(1000 * STEPS[0].0);
            d.static_band_bps = 100.into();
            d.dynamic_band_bps = 50.into();
            d.band_action = action.into();
        }
    };
    play(
        &mut Stage::new(bands(BandAction::Reject)),
        "
        1a sell 1 px=1011      -> PriceOutsideBand
        1b sell 1 px=1005      -> ok 1b @ 1005, +1 @ 1005
        1c sell 1 px=1006      -> ok 1c @ 1006, +1 @ 1006
        3d buy 2 px=1006       -> ok 3d @ 1006, 1b 1 @ 1005, 3d 1 @ 1005, PriceBand 3d
        3e buy 1 px=1006       -> ok 3e @ 1006, 1c 1 @ 1006, 3e 1 @ 1006
        ",
    );
    let mut stage = Stage::new(bands(BandAction::Auction));
    play(
        &mut stage,
        "
        1a sell 1 px=1006      -> ok 1a @ 1006, +1 @ 1006
        3b buy 1 px=1007       -> ok 3b @ 1007, VolatilityAuction, +1 @ 1007
        ",
    );
    stage.now += 2_000_000_000;
    let said = stage.apply(&Command::Tick(j::Tick::ZERO));
    let expected = "3b 1 @ 1006, 1a 1 @ 1006, uncross 1 @ 1006, Continuous";
    assert_eq!(said.join(", "), expected);
}

#[test]
fn a_collar_and_a_protection_are_around_the_other_sides_best_price() {
    let mut stage = Stage::new(|d| {
        d.collar_bps = 100.into();
        d.protection_bps = 55.into();
    });
    play(
        &mut stage,
        "
        1a sell 1 px=1000      -> ok 1a @ 1000, +1 @ 1000
        1b sell 1 px=1005      -> ok 1b @ 1005, +1 @ 1005
        1c sell 1 px=1006      -> ok 1c @ 1006, +1 @ 1006
        3d buy 1 px=1011       -> PriceThroughCollar
        3e buy 3 market        -> ok 3e, 1a 1 @ 1000, 3e 1 @ 1000, 1b 1 @ 1005, 3e 1 @ 1005, \
            ImmediateOrCancel 3e
        ",
    );
}

#[test]
fn what_one_pays_another_gets_and_the_venue_has_the_fees() {
    let mut stage = Stage::new(|d| {
        d.base = text("BASE");
        d.quote = text("QUOTE");
    });
    let tier =
        j::FeesDefine { maker_ppm: 1000.into(), taker_ppm: 2000.into(), ..j::FeesDefine::ZERO };
    stage.apply(&Command::Fees(tier));
    // Session 1 has 50 000 000 of QUOTE: 49 lots at 1000 cost 49 000 000 and a fee of 98 000.
    play(
        &mut stage,
        "
        1a buy 50 px=1000 -> InsufficientBalance
        1b buy 49 px=1000 -> ok 1b @ 1000, +49 @ 1000
        1c buy 1 px=1000  -> InsufficientBalance
        3d sell 9 px=990  -> ok 3d @ 990, 1b 9 @ 1000, 3d 9 @ 1000
        ",
    );
    let quote = 1;
    let state = stage.oracle.state();
    // 9 lots at 1000 and the maker's 9000; 40 lots and their fee at the taker's rate stay reserved.
    assert_eq!(state.accounts[0].balances[quote], (50_000_000 - 9_009_000, 40_080_000));
    assert_eq!(state.accounts[2].balances[quote], (9_000_000 - 18_000, 0));
    assert_eq!(stage.oracle.fees[&quote], 27_000);
    assert_eq!((state.accounts[0].positions[0], state.accounts[2].positions[0]), (9, -9));
}

#[test]
fn own_orders_are_those_of_the_account_the_user_or_the_firm() {
    // Sessions 1 and 2 are one user with two accounts; 3 and 4 two users of one firm.
    let met = |scope: SelfTradeScope, maker: &str, taker: &str| {
        let mut stage = Stage::plain();
        stage.oracle.sessions.iter_mut().for_each(|s| s.scope = scope);
        stage.order(&format!("{maker} sell 1 px=100"));
        stage.order(&format!("{taker} buy 1 px=100 newest")).join(", ").contains("SelfTrade")
    };
    assert!(!met(SelfTradeScope::Account, "1a", "2b"));
    assert!(met(SelfTradeScope::User, "1a", "2b"));
    assert!(!met(SelfTradeScope::User, "3a", "4b"));
    assert!(met(SelfTradeScope::Firm, "3a", "4b"));
    assert!(!met(SelfTradeScope::Firm, "1a", "4b"));
}

#[test]
fn a_mass_cancel_ends_account_by_account_oldest_first() {
    let mut stage = Stage::plain();
    let house = |mut c: j::NewOrder| {
        c.account = text("HOUSE");
        Command::NewOrder(c)
    };
    stage.order("1a buy 1 px=100");
    let b = house(stage.parse("1b buy 1 px=101"));
    stage.apply(&b);
    stage.order("1c buy 1 px=102");
    stage.order("1d sell 1 px=110");
    stage.order("2e buy 1 px=103");
    let mut c = j::MassAction {
        head: head(0, 1, 0),
        action: MassActionType::Kill.into(),
        scope: MassActionScope::User.into(),
        side: 1,
        ..j::MassAction::ZERO
    };
    // Every session has used its own account from the start; session 1 used HOUSE after that.
    let expected = "-, MassCancel 1a, -, MassCancel 1c, -, MassCancel 2e, -, MassCancel 1b";
    assert_eq!(stage.apply(&Command::MassAction(c)).join(", "), expected);
    play(&mut stage, "2f buy 1 px=100 -> BlockedUser");
    assert_eq!(stage.replace("1d", "1g sell 1 px=109").join(", "), "refused BlockedUser");

    // The operator's block stays when a member lifts the members'.
    (c.head, c.target) = (head(0, 0, 0), 11.into());
    c.head.session = 0.into();
    c.action = MassActionType::Block.into();
    stage.apply(&Command::MassAction(c));
    c.action = MassActionType::Unblock.into();
    let mut by_member = c;
    by_member.head = head(1, 1, 0);
    stage.apply(&Command::MassAction(by_member));
    play(&mut stage, "2h buy 1 px=100 -> BlockedUser");
    stage.apply(&Command::MassAction(c));
    play(&mut stage, "2i buy 1 px=100 -> ok 2i @ 100, +1 @ 100");
}

#[test]
fn a_stop_that_is_replaced_goes_to_the_back_and_may_fire_at_once() {
    let mut stage = Stage::plain();
    play(
        &mut stage,
        "
        1a sell 1 px=100         -> ok 1a @ 100, +1 @ 100
        3b buy 1 px=100          -> ok 3b @ 100, 1a 1 @ 100, 3b 1 @ 100
        1c buy 2 stop=105 px=107 -> ok 1c @ 107
        1d buy 2 stop=105 px=106 -> ok 1d @ 106
        ",
    );
    assert_eq!(stage.replace("1c", "1e buy 1 stop=105 px=107").join(", "), "replaced 1e");
    play(
        &mut stage,
        "
        2f sell 1 px=105 -> ok 2f @ 105, +1 @ 105
        3g buy 1 px=105  -> ok 3g @ 105, 2f 1 @ 105, 3g 1 @ 105, \
            Triggered 1d, +2 @ 106, Triggered 1e, +1 @ 107
        1h sell 1 stop=104 px=108 -> ok 1h @ 108
        ",
    );
    let said = stage.replace("1h", "1i sell 1 stop=105 px=108");
    assert_eq!(said.join(", "), "replaced 1i, Triggered 1i, +1 @ 108");
    assert_eq!(
        stage.replace("1i", "1j sell 1 stop=106 px=108").join(", "),
        "refused NotChangeable"
    );
}

#[test]
fn what_is_due_at_one_instant_has_its_order() {
    let mut stage = Stage::plain();
    let five_o_clock = MORNING + 8 * 3600 * 1_000_000_000;
    let line = j::ScheduleDefine {
        instrument: 1.into(),
        time_ns: (17 * 3600 * 1_000_000_000).into(),
        phase: Phase::Halted.into(),
        active: boolean(true),
        ..j::ScheduleDefine::ZERO
    };
    stage.apply(&Command::Schedule(line));
    stage.oracle.lines.retain(|number, _| *number == 0);
    for (name, expires) in [("1a", five_o_clock), ("1b", five_o_clock - 1), ("1c", five_o_clock)] {
        let mut c = stage.parse(&format!("{name} buy 1 px=100"));
        c.time_in_force = TimeInForce::GoodTillDate.into();
        c.expire_time = expires.into();
        stage.apply(&Command::NewOrder(c));
    }
    stage.order("1d buy 1 px=100");
    stage.now = five_o_clock;
    let said = stage.apply(&Command::Tick(j::Tick::ZERO));
    let expected = "-, ExpireTime 1b, -, DayEnd 1d, Halted, -, ExpireTime 1a, -, ExpireTime 1c";
    assert_eq!(said.join(", "), expected);
}
