package tillkit.ui

import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.SkikoComposeUiTest
import androidx.compose.ui.test.assertIsEnabled
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.performClick
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

/** What the goods page lets through, and what it asks for. */
@OptIn(ExperimentalTestApi::class)
class GoodsPageTest {
    private val asked = mutableListOf<GoodsEvent>()

    private fun page(
        state: GoodsState,
        test: suspend SkikoComposeUiTest.() -> Unit,
    ) = onPhone(Shot("test") { GoodsPage(state, hasScanner = false, asked::add) }, test)

    private fun SkikoComposeUiTest.button(text: String) = onNode(hasClickAction() and hasText(text, substring = true))

    @Test
    fun `without the right nobody moves goods, it is said why, and orders are taken all the same`() =
        page(Samples.goods.copy(mayMove = false)) {
            button(English.kind("count")).assertIsNotEnabled()
            onNode(hasText(English.notYourRight)).assertExists()
            button(English.takeOrder).assertIsEnabled().performClick()
            assertEquals(listOf<GoodsEvent>(GoodsEvent.Start(GoodsKind.ORDER)), asked)
        }

    @Test
    fun `a transfer is recorded once it is said where to, and not to where the goods are`() {
        val back = Samples.goods.warehouses[1]
        val transfer = Samples.drafted(GoodsKind.TRANSFER)
        page(transfer) { button(English.record).assertIsNotEnabled() }
        page(transfer.copy(draft = transfer.draft!!.copy(toWarehouse = back))) { button(English.record).assertIsEnabled() }

        val from = transfer.copy(draft = transfer.draft!!.copy(warehouse = back), sheet = GoodsSheet.Details)
        page(from) { assertEquals(1, onAllNodes(hasClickAction() and hasText(back.name)).fetchSemanticsNodes().size) }
    }

    @Test
    fun `money goes back on account to somebody`() {
        val credit = Samples.tenders.first { it.kind == tillkit.TenderKind.CUSTOMER_CREDIT }
        val back = Samples.drafted(GoodsKind.RETURN).draft!!.copy(reason = "cracked", refund = credit)
        page(Samples.goods.copy(draft = back)) {
            onNode(hasText(English.customerNeeded)).assertExists()
            button(English.record).assertIsNotEnabled()
        }
        page(Samples.goods.copy(draft = back.copy(customer = Samples.customers.found[0]))) {
            button(English.record).assertIsEnabled()
        }
    }

    @Test
    fun `a count by a plan is where the plan says`() {
        val count = Samples.drafted(GoodsKind.COUNT).copy(sheet = GoodsSheet.Details)
        page(count) { onNode(hasText(English.inWarehouse(GoodsKind.COUNT))).assertExists() }
        page(count.copy(draft = count.draft!!.copy(plan = Samples.goods.plans[0]))) {
            onNode(hasText(English.inWarehouse(GoodsKind.COUNT))).assertDoesNotExist()
        }
    }
}
