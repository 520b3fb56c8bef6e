//! Two containers sized before use: a [`Table`] from names to numbers, and the [`Grid`], a dense array
//! over two kinds of numbers. Neither is iterated; what is in them is decided by who uses them.

use std::ops::{Index, IndexMut};
use zerocopy::FromZeros;

/// Zeros that take memory as they are used.
pub(crate) fn zeroed<T: FromZeros>(count: usize) -> Vec<T> {
    T::new_vec_zeroed(count).expect("there is memory for the tables")
}

/// Open addressing from a hash to an index; at least half of it is free, nothing is taken out.
pub struct Table {
    slots: Vec<u32>,
}

impl Table {
    const FREE: u32 = u32::MAX;

    /// Room for `entries_max`, taken now.
    pub fn new(entries_max: usize) -> Self {
        Self { slots: vec![Self::FREE; (entries_max * 2).next_power_of_two()] }
    }

    /// Entries that it has room for.
    pub fn room(&self) -> usize {
        self.slots.len() / 2
    }

    /// The index put in under `hash` that `is_it`.
    pub fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut slot = hash as usize & (self.slots.len() - 1);
        while self.slots[slot] != Self::FREE {
            if is_it(self.slots[slot]) {
                return Some(self.slots[slot]);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        None
    }

    /// Puts an index in under its `hash`. Needs room.
    pub fn insert(&mut self, hash: u64, at: u32) {
        let mut slot = hash as usize & (self.slots.len() - 1);
        while self.slots[slot] != Self::FREE {
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.slots[slot] = at;
    }
}

/// A dense array over accounts or firms × instruments or assets.
pub struct Grid<T> {
    columns: usize,
    cells: Vec<T>,
}

impl<T: Copy + Default> Grid<T> {
    /// `rows` × `columns` cells of nothing.
    pub fn new(rows: usize, columns: usize) -> Self {
        Self { columns, cells: vec![T::default(); rows * columns] }
    }

    /// At least so many rows and columns from now on; what is there stays.
    pub fn grow(&mut self, rows: usize, columns: usize) {
        if rows * columns.max(self.columns) <= self.cells.len() && columns <= self.columns {
            return;
        }
        let rows_before = self.cells.len().checked_div(self.columns).unwrap_or(0);
        let mut grown = Self::new(rows.max(rows_before), columns.max(self.columns));
        for row in 0..rows_before {
            let (from, to) = (row * self.columns, row * grown.columns);
            let cells = &self.cells[from..from + self.columns];
            grown.cells[to..to + self.columns].copy_from_slice(cells);
        }
        *self = grown;
    }
}

impl<T> Index<(u32, u32)> for Grid<T> {
    type Output = T;

    fn index(&self, (row, column): (u32, u32)) -> &T {
        assert!((column as usize) < self.columns);
        &self.cells[row as usize * self.columns + column as usize]
    }
}

impl<T> IndexMut<(u32, u32)> for Grid<T> {
    fn index_mut(&mut self, (row, column): (u32, u32)) -> &mut T {
        assert!((column as usize) < self.columns);
        &mut self.cells[row as usize * self.columns + column as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_finds_what_shares_a_hash_and_ends_where_nothing_is() {
        let mut table = Table::new(3);
        for at in 0..3 {
            table.insert(7, at);
        }
        assert_eq!(table.find(7, |at| at == 2), Some(2));
        assert_eq!(table.find(7, |at| at == 3), None);
        assert_eq!(Table::new(0).find(7, |_| true), None);
    }

    #[test]
    fn a_grid_keeps_its_cells_when_it_grows_and_never_shrinks() {
        let mut grid = Grid::new(2, 2);
        grid[(0, 1)] = 1;
        grid[(1, 0)] = 2;
        grid.grow(3, 1);
        grid[(2, 1)] = 3;
        grid.grow(1, 4);
        assert_eq!((grid[(0, 1)], grid[(1, 0)], grid[(2, 1)], grid[(2, 3)]), (1, 2, 3, 0));
        let mut none = Grid::<i64>::new(0, 0);
        none.grow(1, 1);
        assert_eq!(none[(0, 0)], 0);
    }

    #[test]
    #[should_panic(expected = "column")]
    fn a_grid_never_answers_with_the_next_row() {
        let grid = Grid::<i64>::new(2, 2);
        let _ = grid[(0, 2)];
    }
}
