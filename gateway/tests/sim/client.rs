//! Clients of the simulator: FIX ones and binary ones, who trade on the same books.

use crate::binary_client::BinaryClient;
use crate::fix_client::FixClient;
use crate::history::Told;
use engine::fake_log::Dice;
use gateway::io::sim::{SimClient, SimNet};
use gateway::sbe::frame::Width;

/// What the venue listens for, by listener.
pub const LISTENERS: [Option<Width>; 3] = [None, Some(Width::Narrow), Some(Width::Wide)];
/// Which listener each client goes to.
const GOES_TO: [u8; CLIENTS] = [0, 0, 0, 1, 2];
pub const CLIENTS: usize = 5;

/// A client through all lives of the venue.
pub trait Client {
    /// The venue's process has this number.
    fn begin_life(&mut self, life: usize);

    /// A millisecond.
    fn turn(&mut self, now: u64, net: &SimNet, dice: &mut Dice, trading: bool);

    /// Takes what has reached it.
    fn hear(&mut self, now: u64, net: &SimNet);

    /// Its connection breaks, or it breaks it.
    fn cut(&mut self, net: &SimNet, dice: &mut Dice);

    /// The venue is gone, and with it the connection.
    fn lost(&mut self);

    /// Its session is bound to its connection.
    fn is_on(&self) -> bool;

    /// Has everything below `next_out` of its session, and waits for nothing.
    fn expects(&self, next_out: u64) -> bool;

    /// For who reads why the venue never settles.
    fn describe(&self) -> String;

    /// All that it has heard.
    fn told(&self) -> &Told;

    /// What it has waited longest for, of its orders; 0: it does not say.
    fn slowest_answer_ns(&self) -> u64 {
        0
    }
}

pub fn comp_id(number: usize) -> String {
    format!("CLIENT{number}")
}

/// How wide its frames are; `None`: it speaks FIX.
pub fn width(number: usize) -> Option<Width> {
    LISTENERS[usize::from(GOES_TO[number])]
}

/// What a binary client signs with.
pub fn key(number: usize) -> Vec<u8> {
    format!("the key of {}", comp_id(number)).into_bytes()
}

pub fn all(seed: u64) -> Vec<Box<dyn Client>> {
    let client = |number: usize| -> Box<dyn Client> {
        match width(number) {
            None => Box::new(FixClient::new(number, seed)),
            Some(width) => Box::new(BinaryClient::new(number, GOES_TO[number], width, seed)),
        }
    };
    (0..CLIENTS).map(client).collect()
}

/// One of the ways in which connections end.
pub fn cut(link: SimClient, net: &SimNet, dice: &mut Dice) {
    match dice.below(3) {
        0 => net.client_close(link),
        1 => net.client_reset(link),
        _ => net.cut(link),
    }
}
