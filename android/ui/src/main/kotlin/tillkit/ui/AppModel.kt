package tillkit.ui

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.filterNotNull
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.launch
import tillkit.ButtonOff
import tillkit.Cashier
import tillkit.LineOffline
import tillkit.SyncAll
import tillkit.SyncScreen
import tillkit.TillKit

/** What stands around every page. */
data class FrameState(
    val place: Place,
    val screen: SyncScreen,
    val user: String? = null,
    val notice: Notice? = null,
    val menuIsOpen: Boolean = false,
)

sealed interface FrameEvent {
    data object OpenMenu : FrameEvent

    data object CloseMenu : FrameEvent

    data class Go(
        val place: Place,
    ) : FrameEvent

    data object SignOut : FrameEvent

    data object QuickSync : FrameEvent

    data object DismissNotice : FrameEvent
}

/** The models of one signed-in cashier. */
class Shift(
    desk: Desk,
    cashier: Cashier,
    scanner: Scanner?,
) {
    val selling = SellModel(desk, cashier, scanner)
    val cash = CashModel(desk, cashier)
    val goods = GoodsModel(desk, cashier, scanner)
}

/**
 * The whole app over one till. Keep it as long as the app is in sight; what it has begun ends with
 * `scope`, but for syncs, which are the till's own.
 *
 * `device` is what the back office will call this phone; `scanner` reads codes, and `files` saves and picks
 * files, if the phone can.
 */
class AppModel(
    till: TillKit,
    private val scope: CoroutineScope,
    device: String,
    val scanner: Scanner? = null,
    files: Files? = null,
) {
    private val desk = Desk(till, scope)

    val sync = SyncModel(desk)
    val history = HistoryModel(desk)
    val settings =
        SettingsModel(desk, device, scanner, files) {
            shift.value?.goods?.hasDraft == true
        }
    val signIn = SignInModel(desk)

    private val ownShift = MutableStateFlow<Shift?>(null)

    /** What a signed-in cashier does; none while nobody is. */
    val shift: StateFlow<Shift?> = ownShift.asStateFlow()

    private val menu = MutableStateFlow(false)
    private val shown = MutableStateFlow<FrameState?>(null)

    /** Nothing until the till has delivered its first screen. */
    val state: StateFlow<FrameState?> = shown.asStateFlow()

    init {
        scope.launch { desk.cashier.collect { cashier -> ownShift.value = cashier?.let { Shift(desk, it, scanner) } } }
        scope.launch {
            val screens = sync.state.filterNotNull().map { it.screen }
            combine(screens, desk.place, desk.cashier, desk.notice, menu) { screen, place, cashier, notice, isOpen ->
                FrameState(place ?: firstPlace(screen), screen, cashier?.user, notice, isOpen)
            }.collect { shown.value = it }
        }
        scope.launch {
            // A page is filled when it is entered, and again when a sync may have changed what it shows.
            combine(shown.filterNotNull().map { Fill.of(it) }.distinctUntilChanged(), shift) { fill, shift ->
                fill to
                    shift
            }.distinctUntilChanged()
                .collect { (fill, shift) -> fill(fill, shift) }
        }
    }

    fun onEvent(event: FrameEvent) {
        when (event) {
            FrameEvent.OpenMenu -> {
                menu.value = true
            }

            FrameEvent.CloseMenu -> {
                menu.value = false
            }

            is FrameEvent.Go -> {
                menu.value = false
                // It was about the page that is left, and would cover the head of the next.
                desk.dismissNotice()
                desk.go(event.place)
            }

            FrameEvent.SignOut -> {
                signOut()
            }

            FrameEvent.QuickSync -> {
                desk.sync(SyncAll)
            }

            FrameEvent.DismissNotice -> {
                desk.dismissNotice()
            }
        }
    }

    /** The phone's Back; false if there is nothing left to go back from. A sync goes on. */
    fun back(): Boolean {
        val frame = shown.value ?: return false
        if (frame.menuIsOpen) {
            menu.value = false
            return true
        }
        val shift = shift.value
        val isUsed =
            when (frame.place) {
                Place.SELL -> shift?.selling?.back() ?: signIn.back()
                Place.CASH -> shift?.cash?.back() ?: signIn.back()
                Place.GOODS -> shift?.goods?.back() ?: signIn.back()
                Place.HISTORY -> history.back()
                Place.SYNC -> sync.back()
                Place.SETTINGS -> settings.back()
            }
        val home = firstPlace(frame.screen)
        if (!isUsed && frame.place != home) {
            desk.go(home)
            return true
        }
        return isUsed
    }

    /** What is open would be lost with its cashier: it is finished, held or given up first. */
    private fun signOut() {
        menu.value = false
        val shift = shift.value
        when {
            shift
                ?.selling
                ?.state
                ?.value
                ?.screen
                ?.cart != null -> {
                desk.say(Notice.Refusal("sale-open", "a sale is open: finish, hold or cancel it first", isDataSafe = true))
                desk.go(Place.SELL)
            }

            shift?.goods?.hasDraft == true -> {
                desk.say(Notice.Done(Strings::goodsBegun))
                desk.go(Place.GOODS)
            }

            else -> {
                desk.signOut()
            }
        }
    }

    private fun fill(
        fill: Fill,
        shift: Shift?,
    ) {
        when (fill.place) {
            Place.SELL -> {
                shift?.selling?.run {
                    load()
                    offline(fill.isOffline)
                } ?: signIn.load()
            }

            Place.CASH -> {
                shift?.cash?.load() ?: signIn.load()
            }

            Place.GOODS -> {
                shift?.goods?.load() ?: signIn.load()
            }

            Place.HISTORY -> {
                history.load()
            }

            Place.SETTINGS -> {
                settings.load()
            }

            Place.SYNC -> {}
        }
    }

    /** What a page's own content hangs on. */
    private data class Fill(
        val place: Place,
        val isOffline: Boolean,
        val unsent: ULong,
        val runs: ULong?,
        val canSell: Boolean,
    ) {
        companion object {
            fun of(frame: FrameState) =
                Fill(
                    frame.place,
                    frame.screen.line is LineOffline,
                    frame.screen.unsent.documents,
                    frame.screen.lastRun?.number,
                    frame.screen.canSell,
                )
        }
    }

    companion object {
        /** Until the first sync has succeeded, only Settings and Sync are open. */
        fun firstPlace(screen: SyncScreen): Place =
            when {
                screen.button is ButtonOff -> Place.SETTINGS
                !screen.canSell -> Place.SYNC
                else -> Place.SELL
            }
    }
}
