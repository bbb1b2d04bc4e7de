package tillkit.ui

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import tillkit.Cashier
import tillkit.RunEnd
import tillkit.SyncScope
import tillkit.TillException
import tillkit.TillKit
import tillkit.code
import tillkit.dataSafe
import tillkit.sentence

/** What is said once, over any page. */
sealed interface Notice {
    /** A verb was refused. */
    data class Refusal(
        val code: String,
        val sentence: String,
        val isDataSafe: Boolean,
        /** What to do about it, where the page knows more than the refusal. */
        val advice: ((Strings) -> String)? = null,
    ) : Notice

    /** A run that somebody has asked for is over. */
    data class Ended(
        val end: RunEnd,
    ) : Notice

    /** The centre answers again, or no longer. */
    data class Line(
        val isOnline: Boolean,
    ) : Notice

    /** Something is done that cannot be seen on the page. */
    data class Done(
        val text: (Strings) -> String,
    ) : Notice
}

/** The pages, in the order of the menu. */
enum class Place { SELL, HISTORY, SYNC, CASH, GOODS, SETTINGS }

/** What the models of all pages share: the till, who is signed in, and where notices go. */
class Desk(
    val till: TillKit,
    val scope: CoroutineScope,
) {
    private val shownNotice = MutableStateFlow<Notice?>(null)
    val notice: StateFlow<Notice?> = shownNotice.asStateFlow()

    private val shownPlace = MutableStateFlow<Place?>(null)

    /** Which page is shown; none until it is known what this till can do. */
    val place: StateFlow<Place?> = shownPlace.asStateFlow()

    private val signedIn = MutableStateFlow<Cashier?>(null)
    val cashier: StateFlow<Cashier?> = signedIn.asStateFlow()

    private var fading: Job? = null

    /** Number of the run whose end was said last. */
    private var said: ULong? = null

    /** Shows a notice for as long as it takes to read it, in place of the one before. */
    fun say(notice: Notice) {
        shownNotice.value = notice
        fading?.cancel()
        fading =
            scope.launch {
                delay(NOTICE_MS)
                shownNotice.compareAndSet(notice, null)
            }
    }

    fun dismissNotice() {
        shownNotice.value = null
    }

    fun go(place: Place) {
        shownPlace.value = place
    }

    fun signIn(cashier: Cashier) {
        signedIn.value = cashier
    }

    fun signOut() {
        signedIn.value?.close()
        signedIn.value = null
    }

    /** Does `work` off the page; a refusal becomes a notice. */
    fun attempt(work: suspend () -> Unit): Job =
        scope.launch {
            try {
                work()
            } catch (refused: TillException) {
                // Its users are others: who was signed in is nobody any more.
                if (refused.code == "other-centre") signOut()
                say(refused.notice())
            }
        }

    /** Starts a run, or joins the one under way. It goes on whatever page is shown. */
    fun sync(scope: SyncScope): Job =
        attempt {
            till.sync(scope)
            sayEnd(till.syncScreen().lastRun)
        }

    /** What is published, confirmed: a run as any that somebody has asked for. */
    fun confirmNews(): Job =
        attempt {
            till.confirmNews()
            sayEnd(till.syncScreen().lastRun)
        }

    /** Says how a run ended that somebody has asked for, once. */
    fun sayEnd(end: RunEnd?) {
        if (end == null || end.number == said) return
        said = end.number
        say(Notice.Ended(end))
    }

    private companion object {
        const val NOTICE_MS = 6_000L
    }
}

/** Does one thing after the other, in the order they were tapped: no tap is lost to a slower one. */
class InTurn(
    private val desk: Desk,
) {
    private val turn = Mutex()

    fun attempt(work: suspend () -> Unit): Job = desk.attempt { turn.withLock { work() } }
}

/** What a refusal says, whichever kind it is. */
fun TillException.notice() = Notice.Refusal(code, sentence, dataSafe)
