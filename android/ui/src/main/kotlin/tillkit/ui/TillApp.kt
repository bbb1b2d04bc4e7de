package tillkit.ui

import androidx.compose.foundation.clickable
import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.WindowInsets
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.safeDrawing
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.layout.windowInsetsPadding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.DrawerValue
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.ModalDrawerSheet
import androidx.compose.material3.ModalNavigationDrawer
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.material3.rememberDrawerState
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.produceState
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.runtime.snapshotFlow
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.selected
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.drop
import tillkit.ButtonOff
import tillkit.LineOffline
import tillkit.LineOnline
import tillkit.SyncScreen
import tillkit.TillKit
import java.time.Clock
import java.time.Instant
import java.time.ZoneId

/** The whole app over one till: its models live as long as this composition. */
@Composable
fun TillApp(
    till: TillKit,
    device: String,
    strings: Strings,
    modifier: Modifier = Modifier,
    isDark: Boolean = isSystemInDarkTheme(),
    fonts: TillFonts = TillFonts(),
    scanner: Scanner? = null,
    files: Files? = null,
) {
    val scope = rememberCoroutineScope()
    val model = remember(till) { AppModel(till, scope, device, scanner, files) }
    TillApp(model, strings, modifier, isDark, fonts)
}

/** The same over a model that lives longer: give it the phone's Back. */
@Composable
fun TillApp(
    model: AppModel,
    strings: Strings,
    modifier: Modifier = Modifier,
    isDark: Boolean = isSystemInDarkTheme(),
    fonts: TillFonts = TillFonts(),
    clock: Clock = Clock.systemUTC(),
    zone: ZoneId = ZoneId.systemDefault(),
) {
    val now by produceState(clock.instant(), clock) {
        while (true) {
            delay(TICK_MS)
            value = clock.instant()
        }
    }
    val frame by model.state.collectAsState()
    TillScreen(strings, isDark, fonts, now, zone, modifier) {
        frame?.let { Frame(it, model::onEvent) { Page(it, model) } }
    }
}

/** "Ago" need not be more exact. */
private const val TICK_MS = 10_000L

/** Language, colours, fonts and the moment that everything inside is drawn with. */
@Composable
fun TillScreen(
    strings: Strings,
    isDark: Boolean,
    fonts: TillFonts,
    now: Instant,
    zone: ZoneId,
    modifier: Modifier = Modifier,
    content: @Composable () -> Unit,
) {
    TillTheme(isDark, fonts) {
        CompositionLocalProvider(
            LocalStrings provides strings,
            LocalFormats provides Formats(strings, zone, now),
        ) {
            Surface(modifier.fillMaxSize(), color = MaterialTheme.colorScheme.background) {
                Box(Modifier.windowInsetsPadding(WindowInsets.safeDrawing)) { content() }
            }
        }
    }
}

@Composable
private fun Page(
    frame: FrameState,
    model: AppModel,
) {
    val shift by model.shift.collectAsState()
    when (frame.place) {
        Place.SELL -> {
            shift?.let { Selling(it.selling, model.scanner != null) } ?: SigningIn(model.signIn)
        }

        Place.CASH -> {
            shift?.let { Drawer(it.cash) } ?: SigningIn(model.signIn)
        }

        Place.GOODS -> {
            shift?.let { Goods(it.goods, model.scanner != null) } ?: SigningIn(model.signIn)
        }

        Place.HISTORY -> {
            val state by model.history.state.collectAsState()
            HistoryPage(state, model.history::onEvent)
        }

        Place.SYNC -> {
            val state by model.sync.state.collectAsState()
            state?.let { SyncPage(it, model.sync::onEvent) }
        }

        Place.SETTINGS -> {
            val state by model.settings.state.collectAsState()
            state?.let { SettingsPage(it, model.scanner != null, model.settings::onEvent) }
        }
    }
}

@Composable
private fun Selling(
    model: SellModel,
    hasScanner: Boolean,
) {
    val state by model.state.collectAsState()
    state?.let { SellPage(it, hasScanner, model::onEvent) }
}

@Composable
private fun Drawer(model: CashModel) {
    val state by model.state.collectAsState()
    state?.let { CashPage(it, model::onEvent) }
}

@Composable
private fun Goods(
    model: GoodsModel,
    hasScanner: Boolean,
) {
    val state by model.state.collectAsState()
    state?.let { GoodsPage(it, hasScanner, model::onEvent) }
}

@Composable
private fun SigningIn(model: SignInModel) {
    val state by model.state.collectAsState()
    SignInPage(state, model::onEvent)
}

/** The bar above a page, the menu beside it, and what is said over it. */
@Composable
fun Frame(
    state: FrameState,
    onEvent: (FrameEvent) -> Unit,
    modifier: Modifier = Modifier,
    content: @Composable () -> Unit,
) {
    val drawer = rememberDrawerState(if (state.menuIsOpen) DrawerValue.Open else DrawerValue.Closed)
    LaunchedEffect(state.menuIsOpen) { if (state.menuIsOpen) drawer.open() else drawer.close() }
    // A swipe or a tap beside the menu closes it without asking the model.
    LaunchedEffect(drawer) {
        snapshotFlow { drawer.currentValue }.drop(1).collect { value ->
            onEvent(if (value == DrawerValue.Open) FrameEvent.OpenMenu else FrameEvent.CloseMenu)
        }
    }
    ModalNavigationDrawer({ Menu(state, onEvent) }, modifier, drawer) {
        Column(Modifier.fillMaxSize()) {
            TopBar(state, onEvent)
            Box(Modifier.weight(1f).fillMaxWidth()) {
                content()
                state.notice?.let { NoticeBar(it, onEvent, Modifier.align(Alignment.TopCenter)) }
            }
        }
    }
}

@Composable
private fun TopBar(
    state: FrameState,
    onEvent: (FrameEvent) -> Unit,
) {
    val strings = LocalStrings.current
    Surface(color = MaterialTheme.colorScheme.surface, shadowElevation = 1.dp) {
        Row(
            Modifier.fillMaxWidth().heightIn(min = 60.dp).padding(horizontal = 4.dp),
            Arrangement.spacedBy(4.dp),
            Alignment.CenterVertically,
        ) {
            GlyphButton(Glyphs.menu, strings.menu, { onEvent(FrameEvent.OpenMenu) })
            Column(Modifier.weight(1f).semantics(mergeDescendants = true) { heading() }) {
                Text(placeTitle(state.place), style = MaterialTheme.typography.titleLarge)
                val who = listOfNotNull(state.screen.till?.let(strings::till), state.screen.centre, state.user)
                if (who.isNotEmpty()) {
                    Text(
                        who.joinToString(" · "),
                        style = MaterialTheme.typography.bodySmall,
                        color = MaterialTheme.colorScheme.onSurfaceVariant,
                    )
                }
            }
            // The sync page has the number itself, and the red button.
            if (state.place != Place.SYNC && state.screen.button !is ButtonOff) QuickSync(state.screen, onEvent)
        }
    }
}

/** One tap syncs everything, from any page; its badge is the unsent number. */
@Composable
private fun QuickSync(
    screen: SyncScreen,
    onEvent: (FrameEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val unsent = screen.unsent.documents.toLong()
    val run = screen.run
    Row(
        Modifier
            .clickable(role = Role.Button) { onEvent(FrameEvent.QuickSync) }
            .heightIn(min = Touch)
            .widthIn(min = 56.dp)
            .semantics(mergeDescendants = true) { contentDescription = strings.quickSync(unsent) }
            .padding(horizontal = 8.dp),
        Arrangement.spacedBy(8.dp, Alignment.CenterHorizontally),
        Alignment.CenterVertically,
    ) {
        if (screen.line is LineOffline) Icon(Glyphs.offline, contentDescription = null, tint = TillTheme.states.wait)
        if (run != null) {
            Text(
                formats.percent(run.percent.toInt()),
                style = MaterialTheme.typography.titleSmall,
                color = MaterialTheme.colorScheme.primary,
            )
        }
        Icon(Glyphs.sync, contentDescription = null, Modifier.size(26.dp), tint = MaterialTheme.colorScheme.primary)
        UnsentBadge(unsent)
    }
}

@Composable
private fun Menu(
    state: FrameState,
    onEvent: (FrameEvent) -> Unit,
) {
    val strings = LocalStrings.current
    ModalDrawerSheet(
        Modifier.widthIn(max = 320.dp),
        drawerContainerColor = MaterialTheme.colorScheme.surfaceContainerLow,
    ) {
        // The entries stand at the bottom, where the thumb is.
        Column(Modifier.fillMaxSize().verticalScroll(rememberScrollState()), Arrangement.Bottom) {
            Column(Modifier.padding(horizontal = 20.dp, vertical = 12.dp), Arrangement.spacedBy(4.dp)) {
                Text(
                    state.screen.till?.let(strings::till) ?: strings.notEnrolled,
                    Modifier.semantics { heading() },
                    style = MaterialTheme.typography.headlineSmall,
                )
                state.screen.centre?.let { Text(it, style = MaterialTheme.typography.titleMedium) }
                MenuLine(state.screen)
                state.user?.let { Text(strings.signedInAs(it), style = MaterialTheme.typography.bodyMedium) }
            }
            HorizontalDivider(color = MaterialTheme.colorScheme.outlineVariant)
            Place.entries.forEach { place -> MenuEntry(place, state, onEvent) }
            if (state.user != null) {
                HorizontalDivider(color = MaterialTheme.colorScheme.outlineVariant)
                EntryRow(strings.signOut, Glyphs.leave, { onEvent(FrameEvent.SignOut) })
            }
        }
    }
}

@Composable
private fun MenuLine(screen: SyncScreen) {
    val strings = LocalStrings.current
    when (screen.line) {
        is LineOnline -> {
            StateLine(Glyphs.online, strings.online, TillTheme.states.good)
        }

        is LineOffline -> {
            StateLine(Glyphs.offline, strings.offline, TillTheme.states.wait)
        }

        else -> {}
    }
}

@Composable
private fun MenuEntry(
    place: Place,
    state: FrameState,
    onEvent: (FrameEvent) -> Unit,
) {
    val strings = LocalStrings.current
    val isOpen = state.screen.canSell || place == Place.SYNC || place == Place.SETTINGS
    EntryRow(
        placeTitle(place),
        placeGlyph(place),
        { onEvent(FrameEvent.Go(place)) },
        isChosen = place == state.place,
        hint = if (isOpen) null else strings.locked,
        isEnabled = isOpen,
        badge =
            if (place == Place.SYNC) {
                state.screen.unsent.documents
                    .toLong()
            } else {
                0
            },
    )
}

@Composable
private fun EntryRow(
    text: String,
    glyph: ImageVector,
    onClick: () -> Unit,
    isChosen: Boolean = false,
    hint: String? = null,
    isEnabled: Boolean = true,
    badge: Long = 0,
) {
    val colors = MaterialTheme.colorScheme
    Surface(
        Modifier.fillMaxWidth().semantics(mergeDescendants = true) { selected = isChosen },
        color = if (isChosen) colors.primaryContainer else colors.surfaceContainerLow,
        contentColor = if (isChosen) colors.onPrimaryContainer else colors.onSurface,
    ) {
        val alpha = if (isEnabled) 1f else 0.55f
        Row(
            Modifier
                .clickable(isEnabled, role = Role.Button, onClick = onClick)
                .heightIn(min = 60.dp)
                .padding(horizontal = 20.dp, vertical = 8.dp),
            Arrangement.spacedBy(18.dp),
            Alignment.CenterVertically,
        ) {
            Icon(
                if (isEnabled) glyph else Glyphs.lock,
                contentDescription = null,
                tint = colors.onSurface.copy(alpha = alpha),
            )
            Column(Modifier.weight(1f)) {
                Text(text, style = MaterialTheme.typography.titleMedium, color = colors.onSurface.copy(alpha = alpha))
                if (hint !=
                    null
                ) {
                    Text(hint, style = MaterialTheme.typography.bodySmall, color = colors.onSurfaceVariant)
                }
            }
            UnsentBadge(badge)
        }
    }
}

@Composable
private fun placeTitle(place: Place): String {
    val strings = LocalStrings.current
    return when (place) {
        Place.SELL -> strings.sell
        Place.HISTORY -> strings.history
        Place.SYNC -> strings.synchronise
        Place.CASH -> strings.cash
        Place.GOODS -> strings.goods
        Place.SETTINGS -> strings.settings
    }
}

private fun placeGlyph(place: Place): ImageVector =
    when (place) {
        Place.SELL -> Glyphs.cart
        Place.HISTORY -> Glyphs.history
        Place.SYNC -> Glyphs.sync
        Place.CASH -> Glyphs.cash
        Place.GOODS -> Glyphs.box
        Place.SETTINGS -> Glyphs.settings
    }

/** What is said once. It lies below the top bar, where it covers no button of the lower half. */
@Composable
private fun NoticeBar(
    notice: Notice,
    onEvent: (FrameEvent) -> Unit,
    modifier: Modifier,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val colors = MaterialTheme.colorScheme
    val isBad = notice is Notice.Refusal || (notice is Notice.Ended && !notice.end.isComplete)
    Surface(
        modifier.fillMaxWidth().padding(8.dp).semantics { liveRegion = LiveRegionMode.Assertive },
        shape = MaterialTheme.shapes.medium,
        color = if (isBad) colors.errorContainer else colors.inverseSurface,
        contentColor = if (isBad) colors.onErrorContainer else colors.inverseOnSurface,
        shadowElevation = 6.dp,
    ) {
        Row(Modifier.padding(start = Edge), verticalAlignment = Alignment.CenterVertically) {
            Column(Modifier.weight(1f).padding(vertical = 10.dp)) {
                Text(noticeText(notice), style = MaterialTheme.typography.titleSmall)
                if (notice is Notice.Refusal) {
                    formats.facts(notice.code, notice.sentence)?.let { Text(it, style = MaterialTheme.typography.bodyMedium) }
                    notice.advice?.let { Text(it(strings), style = MaterialTheme.typography.bodyMedium) }
                    Text(formats.safety(notice.isDataSafe), style = MaterialTheme.typography.bodyMedium)
                }
            }
            GlyphButton(Glyphs.close, strings.close, { onEvent(FrameEvent.DismissNotice) }, tint = colors.outline)
        }
    }
}

@Composable
private fun noticeText(notice: Notice): String {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    return when (notice) {
        // The core's sentence has the facts; the translation says what they mean.
        is Notice.Refusal -> {
            formats.said(notice.code, notice.sentence)
        }

        is Notice.Ended -> {
            val end = notice.end
            strings.runEnded(end.result, formats.count(end.receivedRows), end.sentDocuments.toLong())
        }

        is Notice.Line -> {
            if (notice.isOnline) strings.online else strings.offline
        }

        is Notice.Done -> {
            notice.text(strings)
        }
    }
}
