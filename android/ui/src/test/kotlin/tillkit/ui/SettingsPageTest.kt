package tillkit.ui

import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.SkikoComposeUiTest
import androidx.compose.ui.test.assertIsEnabled
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import tillkit.Blockers

/** What the settings let through, and what they ask for. */
@OptIn(ExperimentalTestApi::class)
class SettingsPageTest {
    private val asked = mutableListOf<SettingsEvent>()

    private fun page(
        state: SettingsState,
        test: suspend SkikoComposeUiTest.() -> Unit,
    ) = onPhone(Shot("test") { SettingsPage(state, hasScanner = false, asked::add) }, test)

    private fun SkikoComposeUiTest.button(text: String) = onNode(hasClickAction() and hasText(text)).performScrollTo()

    @Test
    fun `a centre is chosen unless something would be lost by it`() {
        page(Samples.preview) { button(English.useCentre).assertIsNotEnabled() }

        val free = Samples.preview.preview!!.copy(blockers = Blockers(0u, 0u, 0u, false))
        page(Samples.preview.copy(preview = free)) { button(English.useCentre).assertIsEnabled().performClick() }
        assertEquals(listOf<SettingsEvent>(SettingsEvent.ConfirmCentre), asked)
    }

    @Test
    fun `the till's own centre is chosen again whatever is unsent`() {
        val same = Samples.preview.preview!!.copy(centre = "main")
        page(Samples.preview.copy(preview = same)) {
            button(English.useCentre).assertIsEnabled()
            onNode(hasText(English.otherCentreHint)).assertDoesNotExist()
            onNode(hasText(English.blocked(Samples.preview.preview!!.blockers))).assertDoesNotExist()
        }
    }

    @Test
    fun `without the right nobody chooses a centre, and it is said why`() {
        val free = Samples.preview.preview!!.copy(blockers = Blockers(0u, 0u, 0u, false))
        page(Samples.preview.copy(preview = free, rights = emptySet())) {
            button(English.useCentre).assertIsNotEnabled()
            onNode(hasText(English.notAllowedToChangeCentre)).assertExists()
        }
    }

    @Test
    fun `without the right nobody enrols again or exports, and it is said why`() =
        page(Samples.settings.copy(rights = emptySet(), qr = "{}")) {
            button(English.enrol).assertIsNotEnabled()
            button(English.exportUnsent).assertIsNotEnabled()
            onNode(hasText(English.notAllowedToEnrol)).assertExists()
            onNode(hasText(English.notAllowedToExport)).assertExists()
            // A receipt is taken in by anybody: it only says what the back office has.
            button(English.takeReceipt).performClick()
            assertEquals(listOf<SettingsEvent>(SettingsEvent.TakeReceipt), asked)
        }

    @Test
    fun `with the right an enrolled till needs only a code, at the back office that it has`() =
        page(Samples.settings.copy(code = "K7QF-2MXA")) {
            button(English.enrol).assertIsEnabled().performClick()
            assertEquals(listOf<SettingsEvent>(SettingsEvent.Enrol), asked)
        }

    @Test
    fun `a file that could not hold everything is to be followed by another`() =
        page(Samples.exported) { onNode(hasText(English.exportIsPart)).assertExists() }

    @Test
    fun `a receipt tells each refusal`() =
        page(Samples.receiptTaken) {
            onNode(hasText("The back office has 9 documents of this file; 4 of them", substring = true)).assertExists()
            onNode(hasText("Document T3/1/117 is not", substring = true)).assertExists()
        }
}
