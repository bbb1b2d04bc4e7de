package tillkit.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.KeyboardCapitalization
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import tillkit.Blockers
import tillkit.CentreInfo
import tillkit.CentrePreview
import tillkit.ConnectionStep
import tillkit.EditView
import tillkit.EnrolledTill
import tillkit.FactText
import tillkit.ReceiptRead
import tillkit.RowState
import tillkit.SearchHit
import tillkit.SettingsScreen
import tillkit.Standing
import tillkit.StepOutcome
import tillkit.SyncAll
import tillkit.TillForbidden
import java.io.IOException
import java.math.BigDecimal
import java.util.Currency

/** Who this till is, whether it reaches the back office, and what was edited on it. */
data class SettingsState(
    val screen: SettingsScreen,
    val address: String = "",
    val code: String = "",
    val qr: String = "",
    val isBusy: Boolean = false,
    val steps: List<ConnectionStep> = emptyList(),
    val centres: List<CentreInfo>? = null,
    val preview: CentrePreview? = null,
    /** Who is signed in, and may what. */
    val user: String? = null,
    val rights: Set<String> = emptySet(),
    /** Whether enrolling again is a right: somebody can sign in. */
    val canSignIn: Boolean = false,
    val price: PriceState? = null,
    val footer: FooterState? = null,
    /** What was exported and taken in by file; nothing where there are no files. */
    val files: FilesState? = null,
) {
    val mayEdit get() = "local_edit" in rights

    /** Where nobody can sign in, it needs no right. */
    val mayEnrol get() = user == null || "enrol" in rights

    val mayExport get() = user == null || "export" in rights

    val mayChangeCentre get() = user == null || "change_centre" in rights

    /** Whether this till has the previewed centre already: choosing it again mixes nothing up. */
    val isSameCentre get() = preview != null && preview.centre == screen.centre?.centre

    /** Where this phone is enrolled, if nothing else is typed. */
    val enrolAddress get() = address.trim().ifEmpty { screen.serverUrl.orEmpty() }
}

/** What went and came by file last. */
data class FilesState(
    val exported: Exported? = null,
    val receipt: ReceiptRead? = null,
)

/** A file that was saved. */
data class Exported(
    val name: String,
    val documents: Long,
    val isWhole: Boolean,
)

/** The edit of a price: an item is looked for, then its new price is typed. */
data class PriceState(
    val query: String = "",
    val hits: List<SearchHit> = emptyList(),
    val chosen: SearchHit? = null,
    val digits: String = "",
)

/** The edit of what stands below a receipt, a line of it in each. */
data class FooterState(
    val layout: String,
    val lines: String,
)

sealed interface SettingsEvent {
    data class Address(
        val address: String,
    ) : SettingsEvent

    data class Code(
        val code: String,
    ) : SettingsEvent

    data class Qr(
        val text: String,
    ) : SettingsEvent

    data object Scan : SettingsEvent

    data object TestConnection : SettingsEvent

    data object Enrol : SettingsEvent

    data object ShowCentres : SettingsEvent

    data class Preview(
        val centre: String,
    ) : SettingsEvent

    data object ClosePreview : SettingsEvent

    data object ConfirmCentre : SettingsEvent

    /** What is unsent into a file; also what is not settled, for a back office that was lost. */
    data class Export(
        val isUnsettled: Boolean,
    ) : SettingsEvent

    data object TakeReceipt : SettingsEvent

    data object OpenPrice : SettingsEvent

    data class FindItem(
        val query: String,
    ) : SettingsEvent

    data class ChooseItem(
        val hit: SearchHit,
    ) : SettingsEvent

    data class Press(
        val key: Key,
    ) : SettingsEvent

    data object SavePrice : SettingsEvent

    data object ClosePrice : SettingsEvent

    data object OpenFooter : SettingsEvent

    data class Footer(
        val lines: String,
    ) : SettingsEvent

    data object SaveFooter : SettingsEvent

    data object CloseFooter : SettingsEvent
}

class SettingsModel(
    private val desk: Desk,
    private val device: String,
    private val scanner: Scanner?,
    private val files: Files? = null,
    /** Whether a document about goods is begun that goes when its cashier does. */
    private val isGoodsBegun: () -> Boolean = { false },
) {
    private val shown = MutableStateFlow<SettingsState?>(null)
    val state: StateFlow<SettingsState?> = shown.asStateFlow()

    private val inTurn = InTurn(desk)

    fun load() = inTurn.attempt { show() }

    fun onEvent(event: SettingsEvent) {
        when (event) {
            is SettingsEvent.Address -> {
                change { copy(address = event.address) }
            }

            is SettingsEvent.Code -> {
                change { copy(code = event.code) }
            }

            is SettingsEvent.Qr -> {
                change { copy(qr = event.text) }
            }

            SettingsEvent.Scan -> {
                desk.attempt { scanner?.scan()?.let { text -> change { copy(qr = text) } } }
            }

            SettingsEvent.TestConnection -> {
                busy { test() }
            }

            SettingsEvent.Enrol -> {
                busy { enrol() }
            }

            SettingsEvent.ShowCentres -> {
                busy { desk.till.centres().let { found -> change { copy(centres = found) } } }
            }

            is SettingsEvent.Preview -> {
                busy { desk.till.previewCentre(event.centre).let { found -> change { copy(preview = found) } } }
            }

            SettingsEvent.ClosePreview -> {
                change { copy(preview = null) }
            }

            SettingsEvent.ConfirmCentre -> {
                busy { choose() }
            }

            is SettingsEvent.Export -> {
                withFiles { export(it, event.isUnsettled) }
            }

            SettingsEvent.TakeReceipt -> {
                withFiles { takeReceipt(it) }
            }

            SettingsEvent.OpenPrice -> {
                change { copy(price = PriceState()) }
            }

            is SettingsEvent.FindItem -> {
                price { copy(query = event.query) }
                inTurn.attempt { find(event.query) }
            }

            is SettingsEvent.ChooseItem -> {
                price { copy(chosen = event.hit, digits = "") }
            }

            is SettingsEvent.Press -> {
                price { copy(digits = event.key.after(digits, MOST_DIGITS)) }
            }

            SettingsEvent.SavePrice -> {
                inTurn.attempt { save() }
            }

            SettingsEvent.ClosePrice -> {
                change { copy(price = null) }
            }

            SettingsEvent.OpenFooter -> {
                inTurn.attempt { openFooter() }
            }

            is SettingsEvent.Footer -> {
                change { copy(footer = footer?.copy(lines = event.lines)) }
            }

            SettingsEvent.SaveFooter -> {
                inTurn.attempt { saveFooter() }
            }

            SettingsEvent.CloseFooter -> {
                change { copy(footer = null) }
            }
        }
    }

    fun back(): Boolean {
        val now = shown.value ?: return false
        when {
            now.preview != null -> onEvent(SettingsEvent.ClosePreview)
            now.price != null -> onEvent(SettingsEvent.ClosePrice)
            now.footer != null -> onEvent(SettingsEvent.CloseFooter)
            else -> return false
        }
        return true
    }

    private suspend fun test() {
        change { copy(steps = emptyList()) }
        val steps =
            desk.till.testConnection(
                shown.value
                    ?.address
                    ?.trim()
                    ?.ifEmpty { null },
            )
        change { copy(steps = steps) }
    }

    private suspend fun enrol() {
        val typed = shown.value ?: return
        val till =
            advised(Strings::signInToEnrol) { enrolled(typed) } ?: return
        change { copy(code = "", qr = "", address = "") }
        desk.say(Notice.Done { it.enrolled(till.till, till.series) })
        show()
        // Which centre is the next question anyway.
        val centres = desk.till.centres()
        change { copy(centres = centres) }
    }

    /** A new or copied till does it itself; where somebody can sign in, it is a cashier's right. */
    private suspend fun enrolled(typed: SettingsState): EnrolledTill {
        val (qr, code) = typed.qr.trim() to typed.code.trim()
        val cashier = desk.cashier.value
        return when {
            cashier != null && qr.isNotEmpty() -> cashier.enrolAgainByQr(qr, device)
            cashier != null -> cashier.enrolAgain(typed.enrolAddress, code, device)
            qr.isNotEmpty() -> desk.till.enrolByQr(qr, device)
            else -> desk.till.enrol(typed.enrolAddress, code, device)
        }
    }

    private suspend fun choose() {
        val now = shown.value ?: return
        val centre = now.preview?.centre ?: return
        val cashier = desk.cashier.value
        if (!now.isSameCentre && isGoodsBegun()) {
            desk.say(Notice.Done(Strings::goodsBegun))
            return
        }
        advised(Strings::signInToChangeCentre) {
            if (cashier != null) cashier.changeCentre(centre) else desk.till.chooseCentre(centre)
        } ?: return
        // Another centre has users of its own.
        if (!now.isSameCentre) desk.signOut()
        change { copy(preview = null, centres = null) }
        show()
        desk.sync(SyncAll)
        desk.go(Place.SYNC)
    }

    private suspend fun export(
        files: Files,
        isUnsettled: Boolean,
    ) {
        val cashier = desk.cashier.value
        val file =
            advised(Strings::signInToExport) {
                if (cashier != null) cashier.export(isUnsettled) else desk.till.export(isUnsettled)
            } ?: return
        if (!files.save(file.name, file.bytes)) return
        val exported = Exported(file.name, file.documents.toLong(), file.isWhole)
        change { copy(files = FilesState(exported = exported)) }
    }

    private suspend fun takeReceipt(files: Files) {
        val read = desk.till.importReceipt(files.pick() ?: return)
        change { copy(files = FilesState(receipt = read)) }
    }

    /** A page of the phone's own may lie over this one as long as it likes: nothing else waits for it. */
    private fun withFiles(work: suspend (Files) -> Unit) {
        val files = files ?: return
        desk.attempt {
            try {
                work(files)
            } catch (failed: IOException) {
                desk.say(Notice.Refusal("export", failed.message.orEmpty(), isDataSafe = true))
            }
        }
    }

    /** What is a cashier's right says so to nobody; to who is signed in, it says what is missing. */
    private suspend fun <T> advised(
        advice: (Strings) -> String,
        verb: suspend () -> T,
    ): T? =
        try {
            verb()
        } catch (refused: TillForbidden) {
            desk.say(refused.notice().copy(advice = advice.takeIf { desk.cashier.value == null }))
            null
        }

    private suspend fun find(query: String) {
        val hits =
            desk.cashier.value
                ?.sellScreen(query)
                ?.hits ?: return
        price { if (this.query == query) copy(hits = hits) else this }
    }

    private suspend fun save() {
        val edit = shown.value?.price ?: return
        val (hit, minor) = (edit.chosen ?: return) to (edit.digits.toLongOrNull() ?: return)
        desk.cashier.value?.editPrice(hit.item, BigDecimal.valueOf(minor, decimalsOf(hit.currency)).toPlainString())
        change { copy(price = null) }
        show()
    }

    /** Begins with what receipts have now; the core shows a list in one line. */
    private suspend fun openFooter() {
        val layout =
            desk.till
                .objects("receipt_layout", limit = 1)
                .rows
                .firstOrNull()
        if (layout == null) {
            desk.say(Notice.Refusal("unknown", "no receipt layout has come down", isDataSafe = true))
            return
        }
        val now =
            desk.till
                .objectView("receipt_layout", layout.key)
                .facts
                .find { it.name == "footer" }
        val lines = (now?.value as? FactText)?.text.orEmpty().replace(", ", "\n")
        change { copy(footer = FooterState(layout.key, lines)) }
    }

    private suspend fun saveFooter() {
        val edit = shown.value?.footer ?: return
        val lines = edit.lines.lines().map { it.trim() }
        desk.cashier.value?.editReceiptFooter(edit.layout, lines.dropLastWhile { it.isEmpty() })
        change { copy(footer = null) }
        show()
    }

    private fun busy(work: suspend () -> Unit) =
        inTurn.attempt {
            change { copy(isBusy = true) }
            try {
                work()
            } finally {
                change { copy(isBusy = false) }
            }
        }

    private suspend fun show() {
        val screen = desk.till.settings()
        val canSignIn = screen.standing == Standing.ENROLLED && desk.till.syncScreen().canSell
        val cashier = desk.cashier.value?.sellScreen()
        shown.update {
            (it ?: SettingsState(screen)).copy(
                screen = screen,
                user = cashier?.user,
                rights = cashier?.rights.orEmpty().toSet(),
                canSignIn = canSignIn,
                files = it?.files ?: files?.let { FilesState() },
            )
        }
    }

    private fun change(what: SettingsState.() -> SettingsState) = shown.update { it?.what() }

    private fun price(what: PriceState.() -> PriceState) = change { copy(price = price?.what()) }

    private companion object {
        const val MOST_DIGITS = 9
    }
}

/** How many decimals a typed price of this currency has. */
internal fun decimalsOf(currency: String): Int =
    runCatching { Currency.getInstance(currency).defaultFractionDigits }.getOrNull()?.coerceAtLeast(0) ?: 2

/** What a till is set up with: connection, enrolment, centre, edits. */
@Composable
fun SettingsPage(
    state: SettingsState,
    hasScanner: Boolean,
    onEvent: (SettingsEvent) -> Unit,
    modifier: Modifier = Modifier,
) {
    val strings = LocalStrings.current
    val (preview, price, footer) = Triple(state.preview, state.price, state.footer)
    val sheet: (@Composable ColumnScope.() -> Unit)? =
        when {
            preview != null -> ({ PreviewSheet(preview, state, onEvent) })
            price != null -> ({ PriceSheet(price, onEvent) })
            footer != null -> ({ FooterSheet(footer, onEvent) })
            else -> null
        }
    val (title, close) =
        when {
            preview != null -> nameOf(preview.centre, state) to SettingsEvent.ClosePreview
            footer != null -> strings.footerLines to SettingsEvent.CloseFooter
            else -> strings.editPrice to SettingsEvent.ClosePrice
        }
    WithSheet(sheet, title, { onEvent(close) }, modifier) {
        Column(Modifier.fillMaxSize().verticalScroll(rememberScrollState()).padding(bottom = 32.dp)) {
            val isTill = state.screen.standing == Standing.ENROLLED
            ThisTill(state.screen)
            if (isTill) {
                CentreGroup(state, onEvent)
                EditsGroup(state, onEvent)
                FilesGroup(state, onEvent)
                ConnectionGroup(state, onEvent)
                EnrolGroup(state, hasScanner, strings.enrolAgain, onEvent)
            } else {
                EnrolGroup(state, hasScanner, strings.enrolment, onEvent)
                if (state.screen.standing == Standing.COPIED) FilesGroup(state, onEvent)
                ConnectionGroup(state, onEvent)
            }
        }
    }
}

private fun nameOf(
    centre: String,
    state: SettingsState,
): String = state.centres?.find { it.centre == centre }?.name ?: centre

@Composable
private fun ThisTill(screen: SettingsScreen) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    GroupTitle(strings.thisTill)
    Panel(Modifier.padding(horizontal = Edge)) {
        val style = MaterialTheme.typography.titleMedium
        when (screen.standing) {
            Standing.NEW -> {
                StateLine(Glyphs.phone, strings.notEnrolled, TillTheme.states.wait, style = style)
            }

            Standing.COPIED -> {
                StateLine(Glyphs.warning, strings.copied, MaterialTheme.colorScheme.error, style = style)
            }

            Standing.ENROLLED -> {}
        }
        screen.till?.let { Text(strings.till(it), style = MaterialTheme.typography.headlineSmall) }
        screen.series?.let { Fact(strings.series, it) }
        screen.enrolment?.let { Fact(strings.enrolment, strings.enrolmentNumber(formats.count(it.toLong()))) }
        screen.serverUrl?.let { Fact(strings.server, it) }
        Fact(strings.version, screen.app)
    }
}

@Composable
private fun CentreGroup(
    state: SettingsState,
    onEvent: (SettingsEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    GroupTitle(strings.centre)
    Panel(Modifier.padding(horizontal = Edge)) {
        val centre = state.screen.centre
        if (centre == null) {
            StateLine(
                Glyphs.warning,
                strings.noCentre,
                TillTheme.states.wait,
                style = MaterialTheme.typography.titleMedium,
            )
        } else {
            Text(centre.name ?: centre.centre, style = MaterialTheme.typography.titleLarge)
            Text(
                strings.generation(formats.count(centre.generation)),
                style = MaterialTheme.typography.bodyMedium,
                color = MaterialTheme.colorScheme.onSurfaceVariant,
            )
        }
        val centres = state.centres
        when {
            centres == null -> {
                SideButton(
                    if (centre == null) strings.chooseCentre else strings.showCentres,
                    { onEvent(SettingsEvent.ShowCentres) },
                    Modifier.fillMaxWidth().padding(top = 12.dp),
                    Glyphs.shop,
                    isEnabled = !state.isBusy,
                )
            }

            centres.isEmpty() -> {
                Text(strings.noCentres, Modifier.padding(top = 8.dp))
            }

            else -> {
                centres.forEach { found ->
                    SheetChoice(
                        found.name,
                        Glyphs.shop,
                        { onEvent(SettingsEvent.Preview(found.centre)) },
                        hint =
                            if (found.centre ==
                                centre?.centre
                            ) {
                                strings.thisCentre
                            } else {
                                strings.generation(formats.count(found.generation))
                            },
                        isEnabled = !state.isBusy,
                    )
                }
            }
        }
    }
}

@Composable
private fun EditsGroup(
    state: SettingsState,
    onEvent: (SettingsEvent) -> Unit,
) {
    val strings = LocalStrings.current
    GroupTitle(strings.localEdits)
    Panel(Modifier.padding(horizontal = Edge)) {
        val edits = state.screen.edits
        if (edits.isEmpty()) {
            Text(
                strings.noLocalEdits,
                style = MaterialTheme.typography.bodyLarge,
                color = MaterialTheme.colorScheme.onSurfaceVariant,
            )
        }
        edits.forEach { Edit(it) }
        if (state.mayEdit) {
            SideButton(
                strings.editPrice,
                { onEvent(SettingsEvent.OpenPrice) },
                Modifier.fillMaxWidth().padding(top = 12.dp),
                Glyphs.pencil,
            )
            SideButton(
                strings.editFooter,
                { onEvent(SettingsEvent.OpenFooter) },
                Modifier.fillMaxWidth().padding(top = 8.dp),
                Glyphs.pencil,
            )
        } else {
            Text(strings.signInFirst, Modifier.padding(top = 6.dp), style = MaterialTheme.typography.bodyMedium)
        }
    }
}

@Composable
private fun Edit(edit: EditView) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    Column(Modifier.padding(vertical = 8.dp), Arrangement.spacedBy(2.dp)) {
        Text(edit.name, style = MaterialTheme.typography.titleMedium)
        Text(strings.editedBy(edit.user, formats.moment(edit.editedMs)), style = MaterialTheme.typography.bodyMedium)
        StateLine(Glyphs.pencil, strings.willBeReplaced, TillTheme.states.wait)
    }
    HorizontalDivider(color = MaterialTheme.colorScheme.outlineVariant)
}

@Composable
private fun ConnectionGroup(
    state: SettingsState,
    onEvent: (SettingsEvent) -> Unit,
) {
    val strings = LocalStrings.current
    GroupTitle(strings.connection)
    Panel(Modifier.padding(horizontal = Edge), spacing = 8.dp) {
        if (state.screen.standing != Standing.NEW) Address(state, onEvent)
        state.steps.forEach { Step(it) }
        if (state.steps.isNotEmpty() && state.steps.none { it.outcome == StepOutcome.BAD }) {
            StateLine(
                Glyphs.check,
                strings.connectionGood,
                TillTheme.states.good,
                Modifier.padding(top = 8.dp),
                MaterialTheme.typography.titleMedium,
            )
        }
        SideButton(
            strings.testConnection,
            { onEvent(SettingsEvent.TestConnection) },
            Modifier.fillMaxWidth(),
            Glyphs.online,
            isEnabled = !state.isBusy,
        )
    }
}

@Composable
private fun Address(
    state: SettingsState,
    onEvent: (SettingsEvent) -> Unit,
) {
    TextEntry(
        state.address,
        { onEvent(SettingsEvent.Address(it)) },
        LocalStrings.current.address,
        keyboard = KeyboardOptions(keyboardType = KeyboardType.Uri, autoCorrectEnabled = false),
    )
}

@Composable
private fun Step(step: ConnectionStep) {
    val strings = LocalStrings.current
    val states = TillTheme.states
    val (glyph, color) =
        when (step.outcome) {
            StepOutcome.GOOD -> Glyphs.check to states.good
            StepOutcome.MIND -> Glyphs.warning to states.wait
            StepOutcome.BAD -> Glyphs.warning to MaterialTheme.colorScheme.error
        }
    Column(Modifier.padding(top = 10.dp)) {
        StateLine(glyph, strings.step(step.step), color, style = MaterialTheme.typography.titleMedium)
        val said = step.code?.let(strings::trouble)
        Text(
            listOfNotNull(said, Formats.sentence(step.sentence)).joinToString(" "),
            Modifier.padding(start = 28.dp),
            style = MaterialTheme.typography.bodyMedium,
        )
    }
}

@Composable
private fun EnrolGroup(
    state: SettingsState,
    hasScanner: Boolean,
    title: String,
    onEvent: (SettingsEvent) -> Unit,
) {
    val strings = LocalStrings.current
    GroupTitle(title)
    Panel(Modifier.padding(horizontal = Edge), spacing = 8.dp) {
        Text(strings.enrolHint, style = MaterialTheme.typography.bodyMedium)
        if (hasScanner) SideButton(strings.scan, { onEvent(SettingsEvent.Scan) }, Modifier.fillMaxWidth(), Glyphs.scan)
        TextEntry(state.qr, { onEvent(SettingsEvent.Qr(it)) }, strings.qrText)
        if (state.qr.isBlank()) {
            if (state.screen.standing == Standing.NEW) Address(state, onEvent)
            TextEntry(
                state.code,
                { onEvent(SettingsEvent.Code(it)) },
                strings.pairingCode,
                keyboard = KeyboardOptions(KeyboardCapitalization.Characters, autoCorrectEnabled = false),
            )
        }
        val isTyped = state.qr.isNotBlank() || (state.enrolAddress.isNotEmpty() && state.code.isNotBlank())
        when {
            !state.mayEnrol -> StateLine(Glyphs.lock, strings.notAllowedToEnrol, TillTheme.states.wait)
            state.user == null && state.canSignIn -> StateLine(Glyphs.person, strings.signInToEnrol, TillTheme.states.wait)
        }
        MainButton(
            strings.enrol,
            { onEvent(SettingsEvent.Enrol) },
            Modifier.fillMaxWidth().padding(top = 4.dp),
            Glyphs.phone,
            isEnabled = !state.isBusy && state.mayEnrol && isTyped,
        )
    }
}

/** The road for documents where no network leads: a file there, its receipt back. */
@Composable
private fun FilesGroup(
    state: SettingsState,
    onEvent: (SettingsEvent) -> Unit,
) {
    val strings = LocalStrings.current
    val files = state.files ?: return
    GroupTitle(strings.byFile)
    Panel(Modifier.padding(horizontal = Edge), spacing = 8.dp) {
        Text(strings.byFileHint, style = MaterialTheme.typography.bodyMedium)
        files.exported?.let { ExportedLines(it) }
        files.receipt?.let { ReceiptLines(it) }
        when {
            !state.mayExport -> StateLine(Glyphs.lock, strings.notAllowedToExport, TillTheme.states.wait)
            state.user == null && state.canSignIn -> StateLine(Glyphs.person, strings.signInToExport, TillTheme.states.wait)
        }
        SideButton(
            strings.exportUnsent,
            { onEvent(SettingsEvent.Export(isUnsettled = false)) },
            Modifier.fillMaxWidth(),
            Glyphs.up,
            isEnabled = state.mayExport,
        )
        SideButton(
            strings.takeReceipt,
            { onEvent(SettingsEvent.TakeReceipt) },
            Modifier.fillMaxWidth(),
            Glyphs.down,
        )
        SideButton(
            strings.exportUnsettled,
            { onEvent(SettingsEvent.Export(isUnsettled = true)) },
            Modifier.fillMaxWidth(),
            isEnabled = state.mayExport,
        )
        Text(
            strings.exportUnsettledHint,
            style = MaterialTheme.typography.bodyMedium,
            color = MaterialTheme.colorScheme.onSurfaceVariant,
        )
    }
}

@Composable
private fun ExportedLines(exported: Exported) {
    val strings = LocalStrings.current
    val style = MaterialTheme.typography.titleMedium
    StateLine(
        Glyphs.check,
        strings.exported(exported.name, exported.documents),
        TillTheme.states.good,
        Modifier.semantics { liveRegion = LiveRegionMode.Polite },
        style,
    )
    if (!exported.isWhole) StateLine(Glyphs.warning, strings.exportIsPart, TillTheme.states.wait, style = style)
}

@Composable
private fun ReceiptLines(receipt: ReceiptRead) {
    val strings = LocalStrings.current
    val style = MaterialTheme.typography.titleMedium
    StateLine(
        Glyphs.check,
        strings.acknowledged(receipt.acknowledged.toLong(), receipt.held.toLong()),
        TillTheme.states.good,
        Modifier.semantics { liveRegion = LiveRegionMode.Polite },
        style,
    )
    if (receipt.refused.isEmpty()) return
    StateLine(Glyphs.warning, strings.refusedByFile, MaterialTheme.colorScheme.error, style = style)
    receipt.refused.forEach {
        Text(Formats.sentence(it), Modifier.padding(start = 28.dp), style = MaterialTheme.typography.bodyMedium)
    }
}

/** What the centre would bring, and what would go, before it is chosen. */
@Composable
private fun PreviewSheet(
    preview: CentrePreview,
    state: SettingsState,
    onEvent: (SettingsEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val muted = MaterialTheme.colorScheme.onSurfaceVariant
    Text(strings.changeCentreHint, style = MaterialTheme.typography.bodyMedium)
    Text(
        "${strings.generation(formats.count(preview.generation))} · ${strings.download(formats.bytes(preview.bytes))}",
        Modifier.padding(vertical = 6.dp),
        style = MaterialTheme.typography.titleMedium,
    )
    Counts("", strings.rowsHere, strings.rowsThere, isHeading = true)
    preview.sections.filter { it.rows > 0u || it.rowsHere > 0u }.forEach { section ->
        val there = if (section.isUsed) formats.count(section.rows) else strings.state(RowState.NOT_USED)
        Counts(strings.section(section.section), formats.count(section.rowsHere), there)
    }
    if (preview.edits.isNotEmpty()) {
        StateLine(
            Glyphs.warning,
            strings.editsLost(preview.edits.size),
            TillTheme.states.wait,
            Modifier.padding(top = 10.dp),
            MaterialTheme.typography.titleMedium,
        )
        preview.edits.forEach {
            Text(it.name, Modifier.padding(start = 28.dp), color = muted)
        }
    }
    val blockers = preview.blockers
    val isBlocked = !state.isSameCentre && blockers != Blockers(0u, 0u, 0u, false)
    if (isBlocked) {
        StateLine(
            Glyphs.warning,
            strings.blocked(blockers),
            MaterialTheme.colorScheme.error,
            Modifier.padding(top = 10.dp),
            MaterialTheme.typography.titleMedium,
        )
    }
    CentreRight(state)
    MainButton(
        strings.useCentre,
        { onEvent(SettingsEvent.ConfirmCentre) },
        Modifier.fillMaxWidth().padding(top = Edge),
        Glyphs.check,
        isEnabled = !state.isBusy && !isBlocked && state.mayChangeCentre,
    )
}

/** Who may choose it, and what that means for who is signed in. */
@Composable
private fun CentreRight(state: SettingsState) {
    val (strings, wait) = LocalStrings.current to TillTheme.states.wait
    val above = Modifier.padding(top = 10.dp)
    when {
        !state.mayChangeCentre -> StateLine(Glyphs.lock, strings.notAllowedToChangeCentre, wait, above)
        state.user == null && state.canSignIn -> StateLine(Glyphs.person, strings.signInToChangeCentre, wait, above)
        state.user != null && !state.isSameCentre -> StateLine(Glyphs.leave, strings.otherCentreHint, wait, above)
    }
}

@Composable
private fun Counts(
    name: String,
    here: String,
    there: String,
    isHeading: Boolean = false,
) {
    val style = if (isHeading) MaterialTheme.typography.labelMedium else MaterialTheme.typography.bodyLarge
    Row(
        Modifier.fillMaxWidth().padding(vertical = 5.dp),
        Arrangement.spacedBy(8.dp),
    ) {
        Text(name, Modifier.weight(1.6f), style = style)
        Text(
            here,
            Modifier.weight(1f),
            style = style,
            textAlign = TextAlign.End,
            color = MaterialTheme.colorScheme.onSurfaceVariant,
        )
        Text(there, Modifier.weight(1f), style = style, textAlign = TextAlign.End)
    }
}

@Composable
private fun PriceSheet(
    price: PriceState,
    onEvent: (SettingsEvent) -> Unit,
) {
    val (strings, formats) = LocalStrings.current to LocalFormats.current
    val chosen = price.chosen
    if (chosen == null) {
        TextEntry(price.query, { onEvent(SettingsEvent.FindItem(it)) }, strings.search)
        price.hits.take(MOST_SHOWN).forEach { hit ->
            SheetChoice(
                hit.name,
                Glyphs.tag,
                { onEvent(SettingsEvent.ChooseItem(hit)) },
                hint = hit.code,
                trailing = formats.price(hit.price, hit.currency),
            )
        }
        return
    }
    Fact(chosen.name, formats.price(chosen.price, chosen.currency), style = MaterialTheme.typography.titleMedium)
    val decimals = decimalsOf(chosen.currency)
    val typed = BigDecimal.valueOf(price.digits.toLongOrNull() ?: 0, decimals)
    Text(strings.newPrice, style = MaterialTheme.typography.bodyMedium)
    TypedAmount(formats.price(typed.toPlainString(), chosen.currency))
    Keypad({ onEvent(SettingsEvent.Press(it)) })
    StateLine(Glyphs.pencil, strings.willBeReplaced, TillTheme.states.wait, Modifier.padding(top = 10.dp))
    MainButton(
        strings.save,
        { onEvent(SettingsEvent.SavePrice) },
        Modifier.fillMaxWidth().padding(top = 12.dp),
        isEnabled = typed.signum() > 0,
    )
}

@Composable
private fun FooterSheet(
    footer: FooterState,
    onEvent: (SettingsEvent) -> Unit,
) {
    val strings = LocalStrings.current
    Text(strings.footerHint, style = MaterialTheme.typography.bodyMedium)
    TextEntry(
        footer.lines,
        { onEvent(SettingsEvent.Footer(it)) },
        strings.footerLines,
        Modifier.padding(top = 8.dp),
        lines = MOST_FOOTER_LINES,
    )
    StateLine(Glyphs.pencil, strings.willBeReplaced, TillTheme.states.wait, Modifier.padding(top = 10.dp))
    MainButton(strings.save, { onEvent(SettingsEvent.SaveFooter) }, Modifier.fillMaxWidth().padding(top = 12.dp))
}

private const val MOST_FOOTER_LINES = 6
private const val MOST_SHOWN = 8
