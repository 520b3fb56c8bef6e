//! The simulator as the place of a play: one world a case, on a log in memory, in time that moves when
//! it is told to, with a crash whenever the script likes.

use crate::cast;
use crate::fake::Fake;
use crate::play::{Host, Wire};
use crate::script::{Case, Who};
use crate::world::{Cast, World};
use engine::fake_log::Faults;
use gateway::config::{Config, DEMO};
use gateway::io::sim::SimClient;
use std::cell::RefCell;
use std::rc::Rc;

/// A read waits so long, in steps of a millisecond.
const READ_STEPS: usize = 20;

pub struct Simulated(Rc<RefCell<World<Fake>>>);

impl Simulated {
    pub fn new(index: usize, case: &Case) -> Self {
        let text = cast::config(DEMO, std::iter::once((index, case)), 0);
        let config = Config::parse(&text, "(a case)").unwrap_or_else(|error| panic!("{error}"));
        let mut wish = config.wish().unwrap();
        // The world has its own sizes.
        let sizes = &mut wish.venue;
        for size in [&mut sizes.sessions_max, &mut sizes.instruments_max, &mut sizes.orders_max] {
            size.set(0);
        }
        for size in [&mut sizes.pages_max, &mut sizes.accounts_max, &mut sizes.assets_max] {
            size.set(0);
        }
        let cast =
            Cast { wish, secrets: config.secrets().expect("keys"), venue: cast::VENUE.into() };
        let store = Fake::new(index as u64, Faults::default());
        Self(Rc::new(RefCell::new(World::of_cast(1 + index as u64, cast, store))))
    }

    /// The process dies and begins again; `later_ms` pass in between.
    pub fn crash(&self, later_ms: u64) {
        let mut world = self.0.borrow_mut();
        world.crash();
        world.pass(later_ms * 1_000_000);
    }
}

impl Host for Simulated {
    type Wire = SimWire;

    fn connect(&self) -> SimWire {
        loop {
            let mut world = self.0.borrow_mut();
            if let Some(client) = world.net().and_then(|net| net.connect(0)) {
                return SimWire { world: Rc::clone(&self.0), life: world.lives(), client };
            }
            world.step_on();
        }
    }

    fn now_ns(&self) -> u64 {
        self.0.borrow().now()
    }

    fn wait_ms(&self, ms: u64) {
        (0..ms).for_each(|_| self.0.borrow_mut().step_on());
    }

    fn comp_id(&self, case: usize, who: Who) -> String {
        cast::comp_id(case, who)
    }

    fn symbol(&self, case: usize) -> String {
        cast::symbol(case)
    }

    fn venue(&self) -> &str {
        cast::VENUE
    }

    fn stop(&self) {
        panic!("the simulator has no such end: such cases are in `stop/`");
    }
}

pub struct SimWire {
    world: Rc<RefCell<World<Fake>>>,
    life: usize,
    client: SimClient,
}

impl Wire for SimWire {
    fn write(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        for _ in 0..10_000 {
            let mut world = self.world.borrow_mut();
            let Some(net) = world.net().filter(|_| world.lives() == self.life) else { return };
            if net.client_ended(self.client).is_some() {
                return;
            }
            rest = &rest[net.client_send(self.client, rest)..];
            if rest.is_empty() {
                return;
            }
            world.step_on();
        }
    }

    fn read(&mut self) -> Option<Vec<u8>> {
        for _ in 0..READ_STEPS {
            let mut world = self.world.borrow_mut();
            let net = world.net().filter(|_| world.lives() == self.life)?;
            let bytes = net.client_recv(self.client);
            if !bytes.is_empty() {
                return Some(bytes);
            }
            if net.client_ended(self.client).is_some() {
                return None;
            }
            world.step_on();
        }
        Some(Vec::new())
    }

    fn close_half(&mut self) {
        if let Some(net) = self.world.borrow().net() {
            net.client_close(self.client);
        }
    }

    fn hang_up(&mut self) {
        if let Some(net) = self.world.borrow().net() {
            net.client_reset(self.client);
        }
    }
}
