//! What a completion is about: packed into the 64 bits the kernel carries for us.

/// What a completion is about; the low byte of its `user_data`, under slot and generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Operation {
    Accept,
    Receive,
    Send,
    /// Stop the receive.
    Pause,
    /// End every operation of the connection.
    CancelAll,
    /// End the accept of a listener.
    CancelAccept,
    Bell,
    /// Sent when dropped.
    CancelEverything,
    /// A write of a file; `disk.rs`.
    Write,
}

impl Operation {
    pub(super) fn of(user_data: u64) -> Self {
        match user_data as u8 {
            0 => Self::Accept,
            1 => Self::Receive,
            2 => Self::Send,
            3 => Self::Pause,
            4 => Self::CancelAll,
            5 => Self::CancelAccept,
            6 => Self::Bell,
            7 => Self::CancelEverything,
            8 => Self::Write,
            other => panic!("a completion of an operation {other} that was never started"),
        }
    }

    /// `generation` (32 bits), `slot` (16), then 8 unused, then this.
    pub(super) fn user_data(self, slot: u16, generation: u32) -> u64 {
        u64::from(generation) << 32 | u64::from(slot) << 16 | self as u64
    }
}

/// The slot a completion belongs to (of an accept: the listener's number), and its generation.
pub(super) fn owner(user_data: u64) -> (u16, u32) {
    ((user_data >> 16) as u16, (user_data >> 32) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_and_its_owner_survive_the_trip_through_the_kernel() {
        use Operation::*;
        let all =
            [Accept, Receive, Send, Pause, CancelAll, CancelAccept, Bell, CancelEverything, Write];
        for operation in all {
            let user_data = operation.user_data(0xabcd, 0x1234_5678);
            assert_eq!(Operation::of(user_data), operation);
            assert_eq!(owner(user_data), (0xabcd, 0x1234_5678));
        }
    }
}
