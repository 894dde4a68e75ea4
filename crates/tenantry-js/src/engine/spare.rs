//! A thread of a tokio runtime that is held back until isolates are stuck on the others.
//!
//! With as many threads at work as there are processors a small answer takes about a tenth less than with one more;
//! and with one more, native code that never asks whether to go on can never hold them all.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError, mpsc};
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, Id};
use tokio::task::{block_in_place, yield_now};

/// How long it takes at most until a runtime's thread has come.
const COMING: Duration = Duration::from_millis(50);
/// How long that thread waits for the others to take over what it has to do, in which nobody else does it.
const TAKING_OVER: Duration = Duration::from_millis(1);
/// When it is tried again if there was none, or the others had enough to do.
const AGAIN: Duration = Duration::from_millis(200);

/// The runtimes of which a thread may be held back: two of one would be one too many.
static RUNTIMES: LazyLock<Mutex<HashSet<Id>>> = LazyLock::new(Mutex::default);

/// The thread, which waits in a task of the runtime's.
pub(super) struct Spare {
    tokio: Handle,
    held: Arc<Held>,
}

#[derive(Default)]
struct Held {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Whether a thread that comes has to wait.
    wanted: bool,
    /// There is a task for it: never a second one, which would take another thread.
    has_task: bool,
    /// A thread waits in the task.
    has_come: bool,
    /// Before then it is not tried.
    not_before: Option<Instant>,
    closed: bool,
}

impl Held {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for as long as the thread is wanted.
    fn wait(&self) {
        let mut state = self.state();
        state.has_come = true;
        self.changed.notify_all();
        while state.wanted {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The task, whether it runs or is dropped before.
struct Task(Arc<Held>);

impl Task {
    fn run(&self) {
        // What else this thread has to do would wait with it. The task woken last and those that gave way no other thread
        // may take: tokio puts them into the queue here, from which they may, and mostly gives this thread its work back.
        block_in_place(|| ());
        // If not, another thread has all of it, and holding this one back would hold back none of the runtime's.
        if !has_work() {
            return;
        }
        // Others take from that queue only when they have nothing to do. A queue that is full sends half of it to a common
        // one, so that its end may come before its middle: the second time it is not.
        if queue_is_taken_over() && queue_is_taken_over() {
            self.0.wait();
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let mut state = self.0.state();
        let (not_before, closed) = (state.not_before, state.closed);
        *state = State { not_before, closed, ..State::default() };
        self.0.changed.notify_all();
    }
}

/// Whether other threads have taken all that is in this one's queue by now: they take from its beginning, and a task at
/// its end has run.
fn queue_is_taken_over() -> bool {
    let (told, is_told) = mpsc::channel();
    drop(tokio::spawn(async move {
        let _late = told.send(());
    }));
    // Of two tasks that were spawned the first one is in the queue; the other one waits with this thread.
    drop(tokio::spawn(async {}));
    is_told.recv_timeout(TAKING_OVER).is_ok()
}

/// Whether this thread does a worker's work: only there what gives way has to wait until the worker comes to it.
fn has_work() -> bool {
    struct Woken(AtomicBool);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Release);
        }
    }
    let woken = Arc::new(Woken(AtomicBool::new(false)));
    let waker = Waker::from(woken.clone());
    let _pending = Future::poll(pin!(yield_now()), &mut Context::from_waker(&waker));
    !woken.0.load(Ordering::Acquire)
}

impl Spare {
    /// None where somebody else has one of this runtime's.
    pub(super) fn new(tokio: Handle) -> Option<Self> {
        let is_first = runtimes().insert(tokio.id());
        is_first.then(|| Self { tokio, held: Arc::default() })
    }

    /// Holds a thread back, if none is. Not to be called on one of the runtime's.
    pub(super) fn hold(&self) {
        let has_task = {
            let mut state = self.held.state();
            let is_early = state.not_before.is_some_and(|then| Instant::now() < then);
            if state.wanted || state.closed || is_early {
                return;
            }
            state.wanted = true;
            std::mem::replace(&mut state.has_task, true)
        };
        if !has_task {
            // Dropped at once where the runtime has ended.
            let task = Task(self.held.clone());
            drop(self.tokio.spawn(async move { task.run() }));
        }
        let state = self.held.state();
        let has_not_come = |state: &mut State| !state.has_come && state.wanted;
        let (mut state, _late) = self
            .held
            .changed
            .wait_timeout_while(state, COMING, has_not_come)
            .unwrap_or_else(PoisonError::into_inner);
        if !state.has_come {
            state.wanted = false;
            state.not_before = Some(Instant::now() + AGAIN);
            return;
        }
        drop(state);
        // It may be the one that has looked for I/O and timers until now, and the others sleep until they are told.
        drop(self.tokio.spawn(async {}));
    }

    /// Lets it go, if one is held back.
    pub(super) fn let_go(&self) {
        self.held.state().wanted = false;
        self.held.changed.notify_all();
    }

    /// Lets it go for good.
    pub(super) fn close(&self) {
        let was_closed = std::mem::replace(&mut self.held.state().closed, true);
        self.let_go();
        if !was_closed {
            runtimes().remove(&self.tokio.id());
        }
    }

    /// Whether a thread waits.
    pub(super) fn is_held(&self) -> bool {
        let state = self.held.state();
        state.wanted && state.has_come
    }
}

impl Drop for Spare {
    fn drop(&mut self) {
        self.close();
    }
}

fn runtimes() -> MutexGuard<'static, HashSet<Id>> {
    RUNTIMES.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;
    use std::thread::sleep;
    use std::time::Instant;

    use tokio::runtime::{Builder, Runtime};

    use super::*;

    fn runtime(workers: usize) -> Runtime {
        Builder::new_multi_thread().worker_threads(workers).enable_all().build().unwrap()
    }

    /// Holds and lets go, again and again, with tasks that beat; while a thread is held all of them have to go on. How often
    /// it was held.
    fn all_go_on(runtime: &Runtime, beats: &[Arc<AtomicU64>]) -> u32 {
        let spare = Spare::new(runtime.handle().clone()).unwrap();
        let until = Instant::now() + Duration::from_secs(4);
        let mut held = 0;
        while Instant::now() < until {
            spare.held.state().not_before = None;
            spare.hold();
            if spare.is_held() {
                held += 1;
                for beat in beats {
                    let (before, begun) = (beat.load(Ordering::Relaxed), Instant::now());
                    while beat.load(Ordering::Relaxed) == before {
                        assert!(begun.elapsed() < Duration::from_secs(10), "the {held}th time");
                        sleep(Duration::from_micros(200));
                    }
                }
            }
            spare.let_go();
            sleep(Duration::from_millis(2));
        }
        held
    }

    fn work(time: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < time {}
    }

    fn beats() -> Vec<Arc<AtomicU64>> {
        (0..4).map(|_| Arc::default()).collect()
    }

    /// Pairs of tasks that wake each other, and work for some time in between or wait for some.
    fn pairs(runtime: &Runtime, beats: &[Arc<AtomicU64>], works: Duration, waits: Duration) {
        for beat in beats {
            let beat = Arc::clone(beat);
            let (ping, mut pinged) = tokio::sync::mpsc::channel::<()>(1);
            let (pong, mut ponged) = tokio::sync::mpsc::channel::<()>(1);
            runtime.spawn(async move {
                while pinged.recv().await.is_some() && pong.send(()).await.is_ok() {}
            });
            runtime.spawn(async move {
                while ping.send(()).await.is_ok() && ponged.recv().await.is_some() {
                    beat.fetch_add(1, Ordering::Relaxed);
                    work(works);
                    if !waits.is_zero() {
                        tokio::time::sleep(waits).await;
                    }
                }
            });
        }
    }

    #[test]
    fn tasks_that_wait_go_on_while_it_is_held() {
        let (runtime, beats) = (runtime(3), beats());
        pairs(&runtime, &beats, Duration::from_micros(60), Duration::from_millis(1));
        let held = all_go_on(&runtime, &beats);
        assert!(held > 0);
        runtime.shutdown_timeout(Duration::from_secs(5));
    }

    /// Who has always something to do takes nothing from others.
    #[test]
    fn tasks_that_never_wait_go_on_whether_it_is_held_or_not() {
        let (runtime, beats) = (runtime(3), beats());
        pairs(&runtime, &beats, Duration::from_micros(60), Duration::ZERO);
        all_go_on(&runtime, &beats);
        runtime.shutdown_timeout(Duration::from_secs(5));
    }

    #[test]
    fn tasks_that_give_way_go_on_whether_it_is_held_or_not() {
        let (runtime, beats) = (runtime(3), beats());
        for beat in beats.clone() {
            runtime.spawn(async move {
                loop {
                    beat.fetch_add(1, Ordering::Relaxed);
                    work(Duration::from_micros(20));
                    yield_now().await;
                }
            });
        }
        all_go_on(&runtime, &beats);
        runtime.shutdown_timeout(Duration::from_secs(5));
    }

    #[test]
    fn a_runtime_has_one_and_none_once_it_has_ended() {
        let runtime = runtime(2);
        let first = Spare::new(runtime.handle().clone()).unwrap();
        assert!(Spare::new(runtime.handle().clone()).is_none());
        drop(first);
        let second = Spare::new(runtime.handle().clone()).unwrap();
        while !second.is_held() {
            second.hold();
        }
        second.let_go();
        runtime.shutdown_timeout(Duration::from_secs(5));
        second.held.state().not_before = None;
        second.hold();
        assert!(!second.is_held());
    }
}
