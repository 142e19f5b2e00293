//! The walk: every object of the wanted kinds is rebuilt once, base before child, on all threads.
//!
//! A thread takes a root and goes down its delta tree depth first. It keeps the objects on the way down, but drops one
//! as soon as its last child, the heaviest, is at hand. When another thread has nothing left to do, a thread that is
//! inside of a tree gives away the topmost child that it has not begun, with a copy of that child's base: so one long
//! tree keeps all threads busy.

use super::delta::Script;
use super::file::{Entry, Kind, Pack};
use super::inflate::Inflater;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

/// What is done with each object. One visitor a thread.
pub trait Visitor: Send {
    /// What a child may want to know of its base.
    type State: Clone + Default + Send;

    /// Makes a state as good as new that another object is done with: its memory serves the next one.
    fn clear(state: &mut Self::State);

    /// Whether the walk should go into a tree of this kind.
    fn wants(&self, kind: Kind) -> bool;

    /// A whole object.
    fn root(&mut self, pack: &Pack, entry: u32, kind: Kind, content: &[u8], state: &mut Self::State);

    /// An object made by a delta. `out` must hold its content afterwards if `needed`: something is built from it.
    fn child(&mut self, pack: &Pack, made: Made<'_, Self::State>, out: &mut Vec<u8>, state: &mut Self::State);

    /// Whether an entry is of no interest, nor anything that is built on it.
    fn skips(&self, _pack: &Pack, _entry: u32) -> bool {
        false
    }

    /// An object that cannot be had; everything that is built from it follows, each by itself.
    fn lost(&mut self, pack: &Pack, entry: u32, why: &'static str);
}

/// A delta and what it is applied to.
pub struct Made<'a, S> {
    pub entry: u32,
    /// The kind of the tree's root.
    pub kind: Kind,
    pub base: &'a [u8],
    pub base_state: &'a S,
    pub delta: &'a [u8],
    pub script: &'a Script,
    pub needed: bool,
}

/// Objects above this many bytes are not rebuilt; told as lost.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub max_content: u64,
}

/// An object on the way down.
struct Frame<S> {
    entry: u32,
    next_child: usize,
    content: Vec<u8>,
    state: S,
}

/// Work for a thread.
enum Job<S> {
    /// Roots, by their place in the list of roots.
    Roots(std::ops::Range<usize>),
    /// Some children of an object, with that object.
    Branch { pack: usize, root: Kind, children: std::ops::Range<usize>, frame: Frame<S> },
}

struct Queue<S> {
    jobs: Mutex<VecDeque<Job<S>>>,
    arrived: Condvar,
    /// Threads that wait for a job.
    idle: AtomicUsize,
    threads: usize,
}

/// Walks the trees of all `packs`. Returns the visitors.
pub fn walk<V: Visitor>(
    packs: &[Pack],
    visitors: Vec<V>,
    bounds: Bounds,
    stop: &AtomicBool,
    done: &(dyn Fn(u64) + Sync),
) -> Vec<V> {
    let Some(first) = visitors.first() else { return visitors };
    let roots: Vec<(u32, u32)> = packs
        .iter()
        .enumerate()
        .flat_map(|(p, pack)| {
            pack.entries
                .iter()
                .enumerate()
                .filter(|(_, e)| {
                    e.base >= super::file::LOST_BASE
                        && e.kind != Kind::Delta
                        && e.kind != Kind::Broken
                        && first.wants(e.kind)
                })
                .map(move |(i, _)| (p as u32, i as u32))
        })
        .collect();
    let chunk = (roots.len() / (visitors.len() * 64)).clamp(1, 256);
    let jobs = (0..roots.len()).step_by(chunk).map(|i| Job::Roots(i..(i + chunk).min(roots.len()))).collect();
    let queue: Queue<V::State> =
        Queue { jobs: Mutex::new(jobs), arrived: Condvar::new(), idle: AtomicUsize::new(0), threads: visitors.len() };
    std::thread::scope(|scope| {
        let threads: Vec<_> = visitors
            .into_iter()
            .map(|visitor| {
                let (queue, roots) = (&queue, &roots);
                scope.spawn(move || {
                    let mut walker = Walker {
                        packs,
                        visitor,
                        bounds,
                        stop,
                        queue,
                        inflater: Inflater::default(),
                        delta: Vec::new(),
                        script: Script::default(),
                        spare: Vec::new(),
                        stack: Vec::new(),
                    };
                    while let Some(job) = queue.next(stop) {
                        let objects = walker.run(job, roots);
                        done(objects);
                    }
                    walker.visitor
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().expect("visitors' panics are caught object by object")).collect()
    })
}

impl<S> Queue<S> {
    /// The next job; waits while other threads may still give some away.
    fn next(&self, stop: &AtomicBool) -> Option<Job<S>> {
        let mut jobs = self.jobs.lock().expect("no panic while holding this lock");
        loop {
            if stop.load(Ordering::Relaxed) {
                self.idle.store(self.threads, Ordering::Relaxed);
                self.arrived.notify_all();
                return None;
            }
            if let Some(job) = jobs.pop_front() {
                return Some(job);
            }
            if self.idle.fetch_add(1, Ordering::Relaxed) + 1 >= self.threads {
                self.arrived.notify_all();
                return None;
            }
            jobs = self.arrived.wait(jobs).expect("no panic while holding this lock");
            if self.idle.load(Ordering::Relaxed) >= self.threads {
                return None;
            }
            self.idle.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn give(&self, job: Job<S>) {
        self.jobs.lock().expect("no panic while holding this lock").push_back(job);
        self.arrived.notify_one();
    }

    fn wants_more(&self) -> bool {
        self.idle.load(Ordering::Relaxed) > 0
    }
}

struct Walker<'w, V: Visitor> {
    packs: &'w [Pack],
    visitor: V,
    bounds: Bounds,
    stop: &'w AtomicBool,
    queue: &'w Queue<V::State>,
    inflater: Inflater,
    delta: Vec<u8>,
    script: Script,
    /// Buffers and states of finished objects, for the next ones.
    spare: Vec<(Vec<u8>, V::State)>,
    stack: Vec<Frame<V::State>>,
}

/// A tree with fewer objects than this is not worth a copy of its base.
const WORTH_GIVING: u32 = 16;
/// A buffer above this many bytes is not kept for reuse.
const BUFFER_KEPT: usize = 4 << 20;

impl<V: Visitor> Walker<'_, V> {
    /// Does a job; returns how many objects it saw.
    fn run(&mut self, job: Job<V::State>, roots: &[(u32, u32)]) -> u64 {
        let mut objects = 0;
        match job {
            Job::Roots(range) => {
                for &(pack, entry) in &roots[range] {
                    let kind = self.packs[pack as usize].entries[entry as usize].kind;
                    objects += 1;
                    if let Some(frame) = self.root(pack as usize, entry, kind) {
                        self.stack.push(frame);
                        objects += self.descend(pack as usize, kind);
                    }
                    if self.stop.load(Ordering::Relaxed) {
                        break;
                    }
                }
            }
            Job::Branch { pack, root, children, mut frame } => {
                for i in children {
                    let child = self.packs[pack].children(frame.entry)[i];
                    objects += 1;
                    if let Some(made) = self.child(pack, root, child, &mut frame) {
                        self.stack.push(made);
                        objects += self.descend(pack, root);
                    }
                }
            }
        }
        objects
    }

    /// Goes down from the one frame on the stack until it is empty.
    fn descend(&mut self, pack: usize, root: Kind) -> u64 {
        let mut objects = 0;
        while let Some(mut frame) = self.stack.pop() {
            if self.stop.load(Ordering::Relaxed) {
                self.stack.clear();
                return objects;
            }
            let children = self.packs[pack].children(frame.entry);
            let Some(&child) = children.get(frame.next_child) else {
                self.keep(frame.content, frame.state);
                continue;
            };
            frame.next_child += 1;
            if self.queue.wants_more() {
                self.stack.push(frame);
                self.give_away(pack, root);
                frame = self.stack.pop().expect("it was pushed just now");
            }
            objects += 1;
            let made = self.child(pack, root, child, &mut frame);
            if frame.next_child < children.len() {
                self.stack.push(frame);
            } else {
                self.keep(frame.content, frame.state);
            }
            self.stack.extend(made);
        }
        objects
    }

    /// Hands the rest of the topmost object's children that are worth it to a waiting thread.
    fn give_away(&mut self, pack: usize, root: Kind) {
        let file = &self.packs[pack];
        for frame in &mut self.stack {
            let children = file.children(frame.entry);
            let left = children.len().saturating_sub(frame.next_child);
            let weight: u32 = children[frame.next_child.min(children.len())..]
                .iter()
                .fold(0u32, |sum, &c| sum.saturating_add(file.weight(c)));
            if left == 0 || weight < WORTH_GIVING {
                continue;
            }
            // The heaviest one is last, so the second half is worth more than the first.
            let from = frame.next_child + left / 2;
            let job = Job::Branch {
                pack,
                root,
                children: from..children.len(),
                frame: Frame {
                    entry: frame.entry,
                    next_child: 0,
                    content: frame.content.clone(),
                    state: frame.state.clone(),
                },
            };
            self.queue.give(job);
            // The children given away are skipped by cutting this frame's list short.
            if from == frame.next_child {
                frame.next_child = children.len();
                return;
            }
            // Keep the first half only: walk it here at once is not possible from the middle of the stack, so what stays
            // becomes a job of its own as well, and this frame is done.
            let rest = Job::Branch {
                pack,
                root,
                children: frame.next_child..from,
                frame: Frame {
                    entry: frame.entry,
                    next_child: 0,
                    content: frame.content.clone(),
                    state: frame.state.clone(),
                },
            };
            frame.next_child = children.len();
            self.queue.give(rest);
            return;
        }
    }

    fn root(&mut self, pack: usize, entry: u32, kind: Kind) -> Option<Frame<V::State>> {
        let packs = self.packs;
        let file = &packs[pack];
        let header: &Entry = &file.entries[entry as usize];
        if self.visitor.skips(file, entry) {
            return None;
        }
        let (mut content, mut state) = self.spare();
        if header.size > self.bounds.max_content {
            self.lose(file, entry, "larger than the limit on content");
            return None;
        }
        if self.inflater.inflate(file.stream(header), header.size as usize, &mut content).is_err() {
            self.lose(file, entry, "its compressed data is damaged");
            return None;
        }
        let visited = catch_unwind(AssertUnwindSafe(|| self.visitor.root(file, entry, kind, &content, &mut state)));
        if visited.is_err() {
            self.lose(file, entry, "an error in keysift: please report it");
            return None;
        }
        Some(Frame { entry, next_child: 0, content, state })
    }

    /// Makes `child` from the object in `frame`. Nothing when it has no children itself.
    fn child(&mut self, pack: usize, root: Kind, child: u32, frame: &mut Frame<V::State>) -> Option<Frame<V::State>> {
        let packs = self.packs;
        let file = &packs[pack];
        let header: &Entry = &file.entries[child as usize];
        if self.visitor.skips(file, child) {
            return None;
        }
        // A delta is hardly ever longer than what it makes; the limit keeps a lying header from claiming memory.
        if header.size > self.bounds.max_content {
            self.lose(file, child, "larger than the limit on content");
            return None;
        }
        if self.inflater.inflate(file.stream(header), header.size as usize, &mut self.delta).is_err() {
            self.lose(file, child, "its compressed data is damaged");
            return None;
        }
        if self.script.read(&self.delta, frame.content.len()).is_err() {
            self.lose(file, child, "its delta does not fit its base");
            return None;
        }
        if self.script.length as u64 > self.bounds.max_content {
            self.lose(file, child, "larger than the limit on content");
            return None;
        }
        let needed = !file.children(child).is_empty();
        let (mut content, mut state) = self.spare();
        let made = Made {
            entry: child,
            kind: root,
            base: &frame.content,
            base_state: &frame.state,
            delta: &self.delta,
            script: &self.script,
            needed,
        };
        let visitor = &mut self.visitor;
        if catch_unwind(AssertUnwindSafe(|| visitor.child(file, made, &mut content, &mut state))).is_err() {
            self.lose(file, child, "an error in keysift: please report it");
            return None;
        }
        if needed {
            return Some(Frame { entry: child, next_child: 0, content, state });
        }
        self.keep(content, state);
        None
    }

    /// Tells of a lost object and of all that is built from it.
    fn lose(&mut self, pack: &Pack, entry: u32, why: &'static str) {
        self.visitor.lost(pack, entry, why);
        let mut below: Vec<u32> = pack.children(entry).to_vec();
        while let Some(next) = below.pop() {
            self.visitor.lost(pack, next, "what it is built from is lost");
            below.extend_from_slice(pack.children(next));
        }
    }

    fn spare(&mut self) -> (Vec<u8>, V::State) {
        let (content, mut state) = self.spare.pop().unwrap_or_default();
        V::clear(&mut state);
        (content, state)
    }

    fn keep(&mut self, content: Vec<u8>, state: V::State) {
        if content.capacity() <= BUFFER_KEPT && self.spare.len() < 64 {
            self.spare.push((content, state));
        }
    }
}
