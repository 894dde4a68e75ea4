//! Isolates that are ready, in the order in which they became so, and the threads that wait for
//! them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;

use super::EngineStats;
use super::lanes::Lanes;
use super::slot::Slot;
use super::spare::Spare;
use crate::isolate::Actor;

/// Threads beside the configured ones, at most: one for each isolate that runs long.
const SPARE: usize = 64;
/// How often the watchdog looks while none but guests run isolates.
const GUESTS: Duration = Duration::from_millis(50);
/// How many times it looks in vain before it sleeps.
const LOOKS: u32 = 20;

pub(crate) struct RunQueue {
    /// For turns that take long.
    pub(super) lanes: Lanes,
    /// How often turns that take long have let go of their processor.
    pub(super) rests: AtomicU64,
    state: Mutex<State>,
    ready: Condvar,
    watch: Condvar,
    closed: AtomicBool,
    /// Whether the watchdog looks at guests.
    guests_watched: AtomicBool,
    /// Guests that have a turn.
    guests: AtomicUsize,
    /// Whether one of them has not asked for a while whether to go on.
    guests_are_stuck: AtomicBool,
    /// What is held back for when they are, if it was asked for; none where others hold a thread of that runtime back.
    spare: OnceLock<Option<Spare>>,
}

#[derive(Default)]
struct State {
    actors: VecDeque<Arc<Actor>>,
    slots: Vec<Arc<Slot>>,
    /// Threads that are not the engine's. They end without telling.
    guests: Vec<Weak<Slot>>,
    /// How many times in a row none of them had a turn.
    vain: u32,
    /// Workers that wait for an isolate.
    idle: usize,
    /// Workers that run long: another one was started for each.
    long: usize,
    /// Workers that are stuck in something, of which nobody knows when it ends.
    lost: usize,
    closed: bool,
    watched: bool,
}

impl State {
    fn busy(&self) -> usize {
        self.slots.len().saturating_sub(self.idle)
    }
}

impl RunQueue {
    pub(super) fn new(long_turns: usize) -> Self {
        Self {
            lanes: Lanes::new(long_turns),
            rests: AtomicU64::new(0),
            state: Mutex::default(),
            ready: Condvar::new(),
            watch: Condvar::new(),
            closed: AtomicBool::new(false),
            guests_watched: AtomicBool::new(false),
            guests: AtomicUsize::new(0),
            guests_are_stuck: AtomicBool::new(false),
            spare: OnceLock::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, actor: Arc<Actor>) {
        let mut state = self.state();
        if state.closed {
            drop(state);
            actor.engine_closed();
            return;
        }
        state.actors.push_back(actor);
        if state.idle > 0 {
            drop(state);
            self.ready.notify_one();
        }
    }

    /// The next isolate, or `None` when the engine is closed.
    pub(crate) fn pop(&self) -> Option<Arc<Actor>> {
        let mut state = self.state();
        loop {
            if let Some(actor) = state.actors.pop_front() {
                if !state.watched {
                    state.watched = true;
                    self.watch.notify_one();
                }
                return Some(actor);
            }
            if state.closed {
                return None;
            }
            state.idle += 1;
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    pub(super) fn guest_came(&self, slot: &Arc<Slot>) {
        let mut state = self.state();
        state.guests.retain(|known| known.strong_count() > 0);
        state.guests.push(Arc::downgrade(slot));
    }

    /// Whether there may be a guest more, of so many at once; then it counts until it has ended.
    pub(super) fn guest_may_begin(&self, most: usize) -> bool {
        let before = self.guests.fetch_add(1, Ordering::AcqRel);
        if before >= most {
            self.guest_ended();
        }
        before < most
    }

    pub(super) fn guest_ended(&self) {
        self.guests.fetch_sub(1, Ordering::AcqRel);
    }

    /// Whether guests are stuck in something: no others come meanwhile.
    pub(crate) fn guests_are_stuck(&self) -> bool {
        self.guests_are_stuck.load(Ordering::Acquire)
    }

    /// What the watchdog found: with guests that are stuck a thread more is at work.
    pub(super) fn set_guests_are_stuck(&self, are_stuck: bool) {
        self.guests_are_stuck.store(are_stuck, Ordering::Release);
        match self.spare() {
            Some(spare) if are_stuck => spare.let_go(),
            Some(spare) => spare.hold(),
            None => {}
        }
    }

    /// From now on a thread of this runtime is held back.
    pub(super) fn hold_back(&self, tokio: Handle) {
        let spare = self.spare.get_or_init(|| Spare::new(tokio));
        let state = self.state();
        if let Some(spare) = spare.as_ref().filter(|_| state.closed) {
            spare.close();
        }
        // The watchdog does it, which is none of the runtime's threads.
        self.guests_watched.store(true, Ordering::SeqCst);
        self.watch.notify_one();
    }

    fn spare(&self) -> Option<&Spare> {
        self.spare.get().and_then(Option::as_ref)
    }

    /// A guest has a turn.
    pub(super) fn guest_began(&self) {
        if !self.guests_watched.load(Ordering::SeqCst) {
            let _state = self.state();
            self.guests_watched.store(true, Ordering::SeqCst);
            self.watch.notify_one();
        }
    }

    pub(super) fn worker_started(&self, slot: &Arc<Slot>) {
        self.state().slots.push(slot.clone());
    }

    /// A worker ends. One that ran long has its replacement already.
    pub(super) fn worker_ended(&self, slot: &Arc<Slot>) {
        let mut state = self.state();
        state.slots.retain(|known| !Arc::ptr_eq(known, slot));
        if slot.is_lost() {
            state.lost -= 1;
        } else if slot.is_long() {
            state.long -= 1;
        }
    }

    /// A worker runs long: whether another one may be started in its place. If not, it counts as before.
    pub(super) fn runs_long(&self) -> bool {
        let mut state = self.state();
        let may = state.long < SPARE && !state.closed;
        state.long += usize::from(may);
        may
    }

    /// A worker that runs long is stuck, and not one of those any more that will make room.
    pub(super) fn is_lost(&self) {
        let mut state = self.state();
        state.long -= 1;
        state.lost += 1;
    }

    /// A worker that was counted goes on as before.
    pub(super) fn is_not_long(&self) {
        self.state().long -= 1;
    }

    /// Waits for the watchdog's next look at the threads: soon while some are busy, and for as
    /// long as it takes while none is. `None` when the engine is closed.
    pub(super) fn watch(&self, pause: Duration) -> Option<Vec<Arc<Slot>>> {
        let mut state = self.state();
        loop {
            if state.closed {
                return None;
            }
            state.watched = state.busy() > 0;
            let pause = match state.watched {
                true => pause,
                false if self.guests_watched.load(Ordering::SeqCst) => GUESTS,
                false => {
                    state = self.watch.wait(state).unwrap_or_else(PoisonError::into_inner);
                    continue;
                }
            };
            state = self.watch.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0;
            let guests: Vec<_> = state.guests.iter().filter_map(Weak::upgrade).collect();
            self.look_at(&mut state, &guests);
            let slots = state.slots.iter().cloned().chain(guests).collect();
            return (!state.closed).then_some(slots);
        }
    }

    /// Goes on looking at guests while they have turns.
    fn look_at(&self, state: &mut State, guests: &[Arc<Slot>]) {
        let has_turn = || guests.iter().any(|guest| !guest.running().is_zero());
        state.vain = if has_turn() { 0 } else { state.vain + 1 };
        if state.vain > LOOKS {
            state.vain = 0;
            self.guests_watched.store(false, Ordering::SeqCst);
            // One that began meanwhile may have seen the flag as it was.
            if has_turn() {
                self.guests_watched.store(true, Ordering::SeqCst);
            }
        }
    }

    pub(crate) fn closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(crate) fn close(&self) {
        let waiting = {
            let mut state = self.state();
            state.closed = true;
            self.closed.store(true, Ordering::Release);
            std::mem::take(&mut state.actors)
        };
        self.ready.notify_all();
        self.watch.notify_all();
        if let Some(spare) = self.spare() {
            spare.close();
        }
        for actor in waiting {
            actor.engine_closed();
        }
    }

    pub(crate) fn stats(&self) -> EngineStats {
        let state = self.state();
        EngineStats {
            workers: state.slots.len(),
            busy: state.busy(),
            long: state.long,
            lost: state.lost,
            going_on: self.lanes.held(),
            waiting: state.actors.len(),
            rests: self.rests.load(Ordering::Relaxed),
            holds_back: self.spare().is_some_and(Spare::is_held),
        }
    }
}
