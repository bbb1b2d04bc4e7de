package tillkit.ui

import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import tillkit.ChangeEntry
import tillkit.ChangePlace
import tillkit.LineOffline
import tillkit.LineOnline
import tillkit.ObjectRow
import tillkit.ObjectView
import tillkit.RunsScreen
import tillkit.SyncScope
import tillkit.SyncScreen

/** What the sync page shows: the core's screen, and what of it is unfolded. */
data class SyncState(
    val screen: SyncScreen,
    val openSection: String? = null,
    val barsAreOpen: Boolean = false,
    val menuIsOpen: Boolean = false,
    val objects: ObjectsState? = null,
    val row: ObjectView? = null,
    /** Of a row that is a picture: what it shows, once it has come. */
    val picture: ByteArray? = null,
    val tab: SyncTab = SyncTab.NOW,
    val changes: ChangesState? = null,
    val sent: HistoryState = HistoryState(),
    val runs: RunsScreen? = null,
)

/** What the sync page shows: how things stand, what came and what it changed, what went, and the runs. */
enum class SyncTab { NOW, RECEIVED, SENT, RUNS }

/** A list of what the till holds of a kind, as far as it was scrolled. */
data class ObjectsState(
    val kind: String,
    val rows: List<ObjectRow>,
    val next: String?,
    val total: ULong,
    val isUsed: Boolean = true,
    val canSearch: Boolean = true,
    val query: String = "",
)

/** What the last syncs changed, as far as it was scrolled. */
data class ChangesState(
    val entries: List<ChangeEntry>,
    val currency: String,
    val next: ChangePlace? = null,
    val query: String = "",
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

    data class FindObjects(
        val query: String,
    ) : SyncEvent

    data object MoreObjects : SyncEvent

    data object CloseObjects : SyncEvent

    data class OpenRow(
        val kind: String,
        val key: String,
    ) : SyncEvent

    data object CloseRow : SyncEvent

    data class OpenTab(
        val tab: SyncTab,
    ) : SyncEvent

    data class FindChanges(
        val query: String,
    ) : SyncEvent

    data object MoreChanges : SyncEvent

    /** In the list of what was sent. */
    data class Sent(
        val event: HistoryEvent,
    ) : SyncEvent

    /** The journal of runs is in the clipboard. */
    data object RunsCopied : SyncEvent

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
    private val sent = HistoryModel(desk, withEvents = true)

    init {
        desk.scope.launch {
            desk.till.syncScreens.collect { screen ->
                val before = shown.value?.screen
                shown.update { it?.copy(screen = screen) ?: SyncState(screen) }
                if (before != null) follow(before, screen)
            }
        }
        desk.scope.launch { sent.state.collect { change { copy(sent = it) } } }
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
                desk.confirmNews()
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

            is SyncEvent.FindObjects -> {
                change { copy(objects = objects?.copy(query = event.query)) }
                inTurn.attempt { findObjects(event.query) }
            }

            SyncEvent.MoreObjects -> {
                inTurn.attempt { moreObjects() }
            }

            SyncEvent.CloseObjects -> {
                change { copy(objects = null) }
            }

            is SyncEvent.OpenRow -> {
                inTurn.attempt {
                    val row = desk.till.objectView(event.kind, event.key)
                    val picture = if (row.kind == PICTURE) desk.till.image(row.key) else null
                    change { copy(row = row, picture = picture) }
                }
            }

            SyncEvent.CloseRow -> {
                change { copy(row = null, picture = null) }
            }

            is SyncEvent.OpenTab -> {
                change { copy(tab = event.tab) }
                load(event.tab)
            }

            is SyncEvent.FindChanges -> {
                change { copy(changes = changes?.copy(query = event.query)) }
                loadChanges()
            }

            SyncEvent.MoreChanges -> {
                inTurn.attempt { moreChanges() }
            }

            is SyncEvent.Sent -> {
                sent.onEvent(event.event)
            }

            SyncEvent.RunsCopied -> {
                desk.say(Notice.Done { it.runsCopied })
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
            now.row != null -> {
                onEvent(SyncEvent.CloseRow)
            }

            now.objects != null -> {
                onEvent(SyncEvent.CloseObjects)
            }

            now.menuIsOpen -> {
                onEvent(SyncEvent.CloseMenu)
            }

            now.tab == SyncTab.SENT && sent.back() -> {}

            now.tab != SyncTab.NOW -> {
                onEvent(SyncEvent.OpenTab(SyncTab.NOW))
            }

            now.openSection != null -> {
                onEvent(SyncEvent.ToggleRow(now.openSection))
            }

            else -> {
                return false
            }
        }
        return true
    }

    private fun closeMenu() = change { copy(menuIsOpen = false) }

    private suspend fun openObjects(
        kind: String,
        query: String = "",
    ) {
        val page = desk.till.objects(kind, query, limit = PAGE)
        val open = ObjectsState(kind, page.rows, page.next, page.total, page.isUsed, page.canSearch, query)
        change { copy(objects = open) }
    }

    private suspend fun findObjects(query: String) {
        // Another letter may have been typed meanwhile, or the list closed.
        val open = shown.value?.objects?.takeIf { it.query == query } ?: return
        openObjects(open.kind, query)
    }

    private suspend fun moreObjects() {
        val open = shown.value?.objects ?: return
        val after = open.next ?: return
        val page = desk.till.objects(open.kind, open.query, after, PAGE)
        change { copy(objects = open.copy(rows = open.rows + page.rows, next = page.next)) }
    }

    private fun load(tab: SyncTab) {
        when (tab) {
            SyncTab.NOW -> {}

            SyncTab.RECEIVED -> {
                loadChanges()
            }

            SyncTab.SENT -> {
                sent.load()
            }

            SyncTab.RUNS -> {
                inTurn.attempt {
                    val runs = desk.till.runs()
                    change { copy(runs = runs) }
                }
            }
        }
    }

    private fun loadChanges() =
        inTurn.attempt {
            val query =
                shown.value
                    ?.changes
                    ?.query
                    .orEmpty()
            val page = desk.till.changes(query, limit = PAGE)
            change {
                // Another letter may have been typed meanwhile.
                if (changes?.query.orEmpty() == query) {
                    copy(changes = ChangesState(page.entries, page.currency, page.next, query))
                } else {
                    this
                }
            }
        }

    private suspend fun moreChanges() {
        val open = shown.value?.changes ?: return
        val after = open.next ?: return
        val page = desk.till.changes(open.query, after, PAGE)
        change { copy(changes = open.copy(entries = open.entries + page.entries, next = page.next)) }
    }

    /** Says what has changed, and reads the open tab again if it is about that. */
    private fun follow(
        before: SyncScreen,
        now: SyncScreen,
    ) {
        sayChanges(before, now)
        val hasChanged =
            before.changes != now.changes ||
                before.lastRun?.number != now.lastRun?.number ||
                before.unsent != now.unsent ||
                before.confirmed != now.confirmed
        if (hasChanged) shown.value?.let { load(it.tab) }
    }

    private fun sayChanges(
        before: SyncScreen,
        now: SyncScreen,
    ) {
        val (was, isNow) = before.line to now.line
        if (was is LineOffline && isNow is LineOnline) desk.say(Notice.Line(isOnline = true))
        if (was is LineOnline && isNow is LineOffline) desk.say(Notice.Line(isOnline = false))
        val end = now.lastRun?.takeIf { it.number != before.lastRun?.number } ?: return
        // What the till does by itself stands on this page and in the journal; it disturbs nobody.
        desk.attempt {
            val newest =
                desk.till
                    .runs(limit = 1)
                    .runs
                    .firstOrNull()
            if (newest?.trigger in ASKED_FOR) desk.sayEnd(end)
        }
    }

    private fun change(what: SyncState.() -> SyncState) = shown.update { it?.what() }

    private companion object {
        const val PAGE = 50

        /** Runs that begin with a tap: their end is waited for. */
        val ASKED_FOR = setOf("row", "red_button", "confirmed", "centre_chosen", "opening", "closing")
    }
}
