package tillkit.ui

import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.SkikoComposeUiTest
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasScrollToNodeAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.longClick
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performScrollToNode
import androidx.compose.ui.test.performTouchInput
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import tillkit.DeliveryMark
import tillkit.RowState
import tillkit.SyncAll
import tillkit.SyncAllWithoutAttachments
import tillkit.SyncSample
import tillkit.SyncSection

/** What a tap on the sync page asks for. */
@OptIn(ExperimentalTestApi::class)
class SyncPageTest {
    private val asked = mutableListOf<SyncEvent>()

    private fun page(
        sample: SyncSample,
        change: SyncState.() -> SyncState = { this },
        test: suspend SkikoComposeUiTest.() -> Unit,
    ) = onPhone(Shot("test") { SyncPage(Samples.sync(sample).change(), asked::add) }, test)

    private fun SkikoComposeUiTest.rows() = onNode(hasScrollToNodeAction())

    @Test
    fun `a row's icon asks for exactly its section`() =
        page(SyncSample.UP_TO_DATE) {
            val sections =
                Samples
                    .sync(SyncSample.UP_TO_DATE)
                    .screen.rows
                    .map { it.section }
            assertEquals(20, sections.size)

            sections.forEach { section ->
                val icon = English.syncRow(English.section(section))
                rows().performScrollToNode(hasContentDescription(icon))
                onNodeWithContentDescription(icon).performClick()
            }

            assertEquals(sections.map { SyncEvent.Sync(SyncSection(it)) }, asked)
        }

    @Test
    fun `a row's text opens the row and syncs nothing`() =
        page(SyncSample.UP_TO_DATE) {
            onNodeWithText("Items").performClick()
            assertEquals(listOf<SyncEvent>(SyncEvent.ToggleRow("items")), asked)
        }

    @Test
    fun `an object of an open row opens its list`() =
        page(SyncSample.UP_TO_DATE, { copy(openSection = "directories") }) {
            onNodeWithText("VAT rates").performClick()
            assertEquals(listOf<SyncEvent>(SyncEvent.OpenObjects("vat_rate")), asked)
        }

    @Test
    fun `what a newer centre has is shown as not used, and its list opens all the same`() =
        page(SyncSample.NEWER, { copy(openSection = "items") }) {
            rows().performScrollToNode(hasText("hologram"))
            onAllNodes(hasText(English.state(RowState.NOT_USED)))[0].assertExists()
            onNodeWithText("hologram").performClick()
            assertEquals(listOf<SyncEvent>(SyncEvent.OpenObjects("hologram")), asked)

            rows().performScrollToNode(hasContentDescription(English.syncRow("loyalty")))
            onNodeWithContentDescription(English.syncRow("loyalty")).assertIsNotEnabled()
        }

    @Test
    fun `what ended receiving early is told beside what ended sending, and not while the till has no centre`() {
        val superseded = Samples.superseded
        page(SyncSample.UNSENT, { copy(screen = screen.copy(receiveTrouble = superseded, sendTrouble = superseded)) }) {
            rows().performScrollToNode(hasText(English.notReceived))
            onAllNodes(hasText(English.trouble("superseded")!!))[0].assertExists()
            rows().performScrollToNode(hasText(English.notSent))
        }
        page(SyncSample.ENROLLED, { copy(screen = screen.copy(receiveTrouble = superseded)) }) {
            onNode(hasText(English.notReceived)).assertDoesNotExist()
        }
    }

    @Test
    fun `a red section that selling waits for is tried again by its own button`() =
        page(SyncSample.GATE_RED) {
            onNodeWithText(English.syncRow("Numerators")).performClick()
            assertEquals(listOf<SyncEvent>(SyncEvent.Sync(SyncSection("numerators"))), asked)
        }

    @Test
    fun `a blocked row names what it waits for`() =
        page(SyncSample.RED) {
            rows().performScrollToNode(hasText(English.waitsFor("Items"), substring = true))
        }

    @Test
    fun `the centre's confirmation stands with the unsent number`() =
        page(SyncSample.UNSENT) { onNodeWithText("The centre confirms 1–4,808 of 4,812").assertExists() }

    @Test
    fun `what the newest sync changed opens the received tab`() =
        page(SyncSample.UP_TO_DATE) {
            rows().performScrollToNode(hasText("3 prices · 12 new items", substring = true))
            onNodeWithText("3 prices · 12 new items", substring = true).performClick()
            assertEquals(listOf<SyncEvent>(SyncEvent.OpenTab(SyncTab.RECEIVED)), asked)
        }

    @Test
    fun `a received line says from and to, and opens its row`() =
        page(SyncSample.UP_TO_DATE, { copy(tab = SyncTab.RECEIVED, changes = Samples.changes) }) {
            onNodeWithText("£2.55 → £2.95").assertExists()
            onNodeWithText("£1.95 → £1.75 from 10 Mar 2026 10:15").assertExists()
            onNodeWithText("20 % → 0 %").assertExists()
            onNodeWithText("Earl Grey Tea").performClick()
            assertEquals(listOf<SyncEvent>(SyncEvent.OpenRow("item", "tea")), asked)
        }

    @Test
    fun `a sent row opens its document, and its filters ask for a section, a state and a day`() =
        page(SyncSample.UP_TO_DATE, { copy(tab = SyncTab.SENT, sent = Samples.history) }) {
            onNodeWithText("T3A-000118").performClick()
            onNodeWithText(English.section("closures")).performClick()
            onAllNodes(hasText(English.delivery(DeliveryMark.UPLOADED)) and hasClickAction())[0].performClick()
            onAllNodes(hasText("8 Mar 2026") and hasClickAction())[0].performScrollTo().performClick()

            val expected =
                listOf(
                    HistoryEvent.Open(Samples.history.rows!![0].place),
                    HistoryEvent.ShowSection("closures"),
                    HistoryEvent.ShowMark(DeliveryMark.UPLOADED),
                    HistoryEvent.ShowDay("2026-03-08"),
                )
            assertEquals(expected.map { SyncEvent.Sent(it) }, asked)
        }

    @Test
    fun `the journal says why a run failed, and is copied for support`() =
        page(SyncSample.UP_TO_DATE, { copy(tab = SyncTab.RUNS, runs = Samples.runs) }) {
            onNodeWithText(English.trouble("no-route")!!).assertExists()
            onNodeWithText("1,204 rows received", substring = true).assertExists()
            onNodeWithText(English.copyRuns).performClick()
            assertEquals(listOf<SyncEvent>(SyncEvent.RunsCopied), asked)
        }

    @Test
    fun `the red button asks for everything`() =
        page(SyncSample.UNSENT) {
            onNodeWithContentDescription(English.syncEverything).performClick()
            assertEquals(listOf<SyncEvent>(SyncEvent.Sync(SyncAll)), asked)
        }

    @Test
    fun `a second tap while a run is under way asks again, and joins it`() =
        page(SyncSample.RUNNING) {
            onNodeWithContentDescription(English.syncEverything).performClick()
            assertEquals(listOf<SyncEvent>(SyncEvent.Sync(SyncAll)), asked)
        }

    @Test
    fun `a long press on the red button opens its menu and starts nothing`() =
        page(SyncSample.UNSENT) {
            onNodeWithContentDescription(English.syncEverything).performTouchInput { longClick() }
            assertEquals(listOf<SyncEvent>(SyncEvent.OpenMenu), asked)
        }

    @Test
    fun `the menu offers all, all without attachments, and cancel`() =
        page(SyncSample.UNSENT, { copy(menuIsOpen = true) }) {
            onNodeWithText(English.syncAll).performClick()
            onNodeWithText(English.syncAllWithoutAttachments).performClick()
            onNodeWithText(English.syncCancel).performClick()

            val expected =
                listOf(SyncEvent.Sync(SyncAll), SyncEvent.Sync(SyncAllWithoutAttachments), SyncEvent.CloseMenu)
            assertEquals(expected, asked)
        }

    @Test
    fun `cancel in the menu stops the run, if one is under way`() =
        page(SyncSample.RUNNING, { copy(menuIsOpen = true) }) {
            onNodeWithText(English.syncCancel).performClick()
            assertEquals(listOf<SyncEvent>(SyncEvent.CancelRun), asked)
        }

    @Test
    fun `cancel beside the red button stops the run`() =
        page(SyncSample.RUNNING) {
            onNodeWithText(English.syncCancel).performClick()
            assertEquals(listOf<SyncEvent>(SyncEvent.CancelRun), asked)
        }

    @Test
    fun `the banner is confirmed by its button`() =
        page(SyncSample.NEWS) {
            onNodeWithText(English.confirm).performClick()
            assertEquals(listOf<SyncEvent>(SyncEvent.ConfirmNews), asked)
        }

    @Test
    fun `the percentage opens a bar per stage`() =
        page(SyncSample.RUNNING) {
            onNodeWithText(English.unnamedRun).performClick()
            assertEquals(listOf<SyncEvent>(SyncEvent.ToggleBars), asked)
        }

    @Test
    fun `a red row names the cause, says that the data is safe, and what to do`() =
        page(SyncSample.RED) {
            val screen = Samples.sync(SyncSample.RED).screen
            val trouble = screen.rows.first { it.trouble != null }.trouble!!
            rows().performScrollToNode(hasText(English.trouble(trouble.code)!!))
            onNodeWithText(English.trouble(trouble.code)!!).assertExists()
            onAllNodes(hasText(English.dataSafe))[0].assertExists()
            onAllNodes(hasText("${English.whatToDo} ${English.advice(trouble.advice)}"))[0].assertExists()
        }

    @Test
    fun `before the phone is a till nothing can be synced, and the way to the settings is shown`() =
        page(SyncSample.NEW) {
            onNodeWithContentDescription(English.syncEverything).performClick()
            onNodeWithText(English.settings).performClick()
            assertEquals(listOf<SyncEvent>(SyncEvent.OpenSettings), asked)
        }
}
