//! The elements below the depth to which browsers build a tree. Such an element is a sibling of the innermost one, so
//! it only counts whether it hides its text, and what its end tag closes.
//!
//! An element costs four bytes here, so a document of nothing but start tags stays small.

/// How many elements browsers nest.
pub(super) const MAX_OPEN: usize = 512;
/// How far up an end tag is matched.
const MAX_MISNESTED: usize = 64;
/// Marks an element that hides its text. The other bits are the number of its tag.
const HIDES: u32 = 1 << 31;

#[derive(Default)]
pub(super) struct Deep {
    open: Vec<u32>,
    /// How many elements of each tag are open.
    count: Vec<u32>,
    hiding: usize,
    /// The text that they hide was counted.
    counted: bool,
}

impl Deep {
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether any of the elements hides the text inside it.
    pub(super) fn hides(&self) -> bool {
        self.hiding > 0
    }

    /// Whether hidden text is to be counted: true once, until the elements that hide it are closed.
    pub(super) fn count_hidden(&mut self) -> bool {
        !std::mem::replace(&mut self.counted, true)
    }

    pub(super) fn open(&mut self, tag: usize, hides: bool) {
        let Ok(number) = u32::try_from(tag) else { return };
        if self.count.len() <= tag {
            self.count.resize(tag + 1, 0);
        }
        self.count[tag] += 1;
        self.hiding += usize::from(hides);
        self.open.push(number | if hides { HIDES } else { 0 });
    }

    /// Closes the innermost element of this tag and those inside it. Returns false if none is open. One that is too far
    /// up stays open: text that it hides stays hidden.
    pub(super) fn close(&mut self, tag: usize) -> bool {
        if self.count.get(tag).is_none_or(|count| *count == 0) {
            return false;
        }
        let is_it = |element: &u32| (element & !HIDES) as usize == tag;
        if let Some(up) = self.open.iter().rev().take(MAX_MISNESTED).position(is_it) {
            for element in self.open.split_off(self.open.len() - 1 - up) {
                self.count[(element & !HIDES) as usize] -= 1;
                self.hiding -= usize::from(element & HIDES != 0);
            }
        }
        self.counted &= self.hides();
        true
    }

    /// Forgets all of them, since an element around them was closed.
    pub(super) fn clear(&mut self) {
        *self = Deep::default();
    }
}
