package tillkit.ui

import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import tillkit.LineOffline
import tillkit.LineOnline
import tillkit.ObjectRow
import tillkit.SyncScope
import tillkit.SyncScreen

/** What the sync page shows: the core's screen, and what of it is unfolded. */
data class SyncState(
    val screen: SyncScreen,
    val openSection: String? = null,
    val barsAreOpen: Boolean = false,
    val menuIsOpen: Boolean = false,
    val objects: ObjectsState? = null,
)

/** A list of what the till holds of a kind. */
data class ObjectsState(
    val kind: String,
    val rows: List<ObjectRow>,
    val isAtEnd: Boolean,
)

sealed interface SyncEvent {
    /** A row's icon, the red button, or a choice of its menu. */
    data class Sync(
        val scope: SyncScope,
    ) : SyncEvent

    data object CancelRun : SyncEvent

    data object ConfirmNews : SyncEvent

    data object OpenMenu : SyncEvent

    data object CloseMenu : SyncEvent

    data object ToggleBars : SyncEvent

    data class ToggleRow(
        val section: String,
    ) : SyncEvent

    data class OpenObjects(
        val kind: String,
    ) : SyncEvent

    data object MoreObjects : SyncEvent

    data object CloseObjects : SyncEvent

    data object OpenSettings : SyncEvent
}

/** Follows the till's sync screen, says what changed in it, and passes taps on. */
class SyncModel(
    private val desk: Desk,
) {
    private val shown = MutableStateFlow<SyncState?>(null)

    /** Nothing until the till has delivered its first screen. */
    val state: StateFlow<SyncState?> = shown.asStateFlow()

    private val inTurn = InTurn(desk)

    init {
        desk.scope.launch {
            desk.till.syncScreens.collect { screen ->
                shown.value?.screen?.let { before -> sayChanges(before, screen) }
                shown.update { it?.copy(screen = screen) ?: SyncState(screen) }
            }
        }
    }

    fun onEvent(event: SyncEvent) {
        when (event) {
            is SyncEvent.Sync -> {
                closeMenu()
                desk.sync(event.scope)
            }

            SyncEvent.CancelRun -> {
                closeMenu()
                desk.attempt { desk.till.cancelSync() }
            }

            SyncEvent.ConfirmNews -> {
                desk.attempt { desk.till.confirmNews() }
            }

            SyncEvent.OpenMenu -> {
                change { copy(menuIsOpen = true) }
            }

            SyncEvent.CloseMenu -> {
                closeMenu()
            }

            SyncEvent.ToggleBars -> {
                change { copy(barsAreOpen = !barsAreOpen) }
            }

            is SyncEvent.ToggleRow -> {
                change { copy(openSection = event.section.takeIf { it != openSection }) }
            }

            is SyncEvent.OpenObjects -> {
                inTurn.attempt { openObjects(event.kind) }
            }

            SyncEvent.MoreObjects -> {
                inTurn.attempt { moreObjects() }
            }

            SyncEvent.CloseObjects -> {
                change { copy(objects = null) }
            }

            SyncEvent.OpenSettings -> {
                desk.go(Place.SETTINGS)
            }
        }
    }

    /** Back closes what is unfolded over the page. A run goes on. */
    fun back(): Boolean {
        val now = shown.value ?: return false
        when {
            now.objects != null -> onEvent(SyncEvent.CloseObjects)
            now.menuIsOpen -> onEvent(SyncEvent.CloseMenu)
            now.openSection != null -> onEvent(SyncEvent.ToggleRow(now.openSection))
            else -> return false
        }
        return true
    }

    private fun closeMenu() = change { copy(menuIsOpen = false) }

    private suspend fun openObjects(kind: String) {
        val rows = desk.till.objects(kind, null, PAGE)
        change { copy(objects = ObjectsState(kind, rows, rows.size < PAGE)) }
    }

    private suspend fun moreObjects() {
        val open = shown.value?.objects?.takeUnless { it.isAtEnd } ?: return
        val rows = desk.till.objects(open.kind, open.rows.lastOrNull()?.key, PAGE)
        change { copy(objects = ObjectsState(open.kind, open.rows + rows, rows.size < PAGE)) }
    }

    private fun sayChanges(
        before: SyncScreen,
        now: SyncScreen,
    ) {
        val (was, isNow) = before.line to now.line
        if (was is LineOffline && isNow is LineOnline) desk.say(Notice.Line(isOnline = true))
        if (was is LineOnline && isNow is LineOffline) desk.say(Notice.Line(isOnline = false))
        now.lastRun?.takeIf { it.number != before.lastRun?.number }?.let { desk.say(Notice.Ended(it)) }
    }

    private fun change(what: SyncState.() -> SyncState) = shown.update { it?.what() }

    private companion object {
        const val PAGE = 50
    }
}
