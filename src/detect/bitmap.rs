//! How words begin, as a bitmap of hashes that fits the first-level cache: it says no to nearly every place at once.

/// What was added, by hash; of other beginnings it may say that they were added too.
pub struct Bitmap(Box<[u64; 1024]>);

impl Default for Bitmap {
    fn default() -> Self {
        Self(Box::new([0; 1024]))
    }
}

impl Bitmap {
    /// Word and bit.
    #[inline]
    fn slot(beginning: u32) -> (usize, u64) {
        let hash = beginning.wrapping_mul(0x9e37_79b1) >> 16;
        ((hash >> 6) as usize, 1 << (hash & 63))
    }

    /// Adds the first bytes of a word, as a number.
    pub fn add(&mut self, beginning: u32) {
        let (word, bit) = Self::slot(beginning);
        self.0[word] |= bit;
    }

    /// Whether a word may begin like this.
    #[inline]
    pub fn may_hold(&self, beginning: u32) -> bool {
        let (word, bit) = Self::slot(beginning);
        self.0[word] & bit != 0
    }
}
