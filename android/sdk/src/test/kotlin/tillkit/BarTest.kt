package tillkit

import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.takeWhile
import kotlinx.coroutines.flow.toList
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import tillkit.fakes.FakeNetwork
import java.io.File

/** What a till must do against a real back office process; the Swift tests have the same. */
class BarTest {
    @TempDir
    lateinit var folder: File

    private val line by lazy { SlowLine(office.url, MIDDLE) }

    @AfterEach
    fun freeLine() = line.close()

    @Test
    fun `a till is enrolled, sells, sends by row and by button, and confirms new prices`() =
        test {
            val network = FakeNetwork()
            val qr = office.qr.replace(office.url, line.url)
            TillKit.open(folder.path, servicesIn(folder, network)).use { till ->
                assertEquals(Standing.NEW, till.settings().standing)
                assertTrue(till.testConnection(office.url).none { it.outcome == StepOutcome.BAD })
                assertEquals("T1", till.enrolByQr(qr, "Anna's phone").till)
                assertEquals(listOf("main"), till.centres().map { it.centre })
                assertTrue(till.previewCentre("main").sections.any { it.section == "items" && it.rows >= ITEMS })
                till.chooseCentre("main")

                firstSyncShowsProgress(till)

                till.signIn("anna", "1234").use { anna ->
                    repeat(100) { anna.sell("5901234123457", "MUG") }
                    anna.moveCash(CashMove.PAY_IN, "cash", 50_00, "GBP", "change from the bank")
                    assertEquals(102UL, anna.closePeriod().unsent + 1UL)
                }
                assertEquals(102UL, till.unsent().documents)
                assertEquals(102UL, till.syncScreen().unsent.documents)

                till.sync(SyncSection("sales"))
                assertEquals(2UL, till.unsent().documents)
                till.sync(SyncAll)
                assertEquals(0UL, till.unsent().documents)
                assertEquals(102, office.documents("T1").count { "\"kind\":\"event\"" !in it })

                newsAreConfirmed(till, network)
            }
        }

    private suspend fun firstSyncShowsProgress(till: TillKit) =
        coroutineScope {
            assertFalse(till.syncScreen().canSell)
            val screens =
                async {
                    till.syncScreens
                        .onEach { if ((it.run?.percent ?: 0u) > 0u) line.free() }
                        .takeWhile { it.lastRun == null }
                        .toList()
                }
            val report = till.sync(SyncAll)
            assertTrue(report!!.isComplete, "$report")

            val percents = screens.await().mapNotNull { it.run?.percent?.toInt() }
            assertEquals(percents.sorted(), percents)
            assertTrue(percents.any { it > 0 }, "no progress was shown: $percents")
            val end = till.syncScreen()
            assertNull(end.run)
            assertEquals("done", end.lastRun?.result)
            assertTrue(end.canSell)
            assertTrue(end.rows.none { it.trouble != null })
        }

    private suspend fun newsAreConfirmed(
        till: TillKit,
        network: FakeNetwork,
    ) {
        office.publish(mapOf("tea" to "3.10"))
        network.appear()
        val news = till.syncScreens.first { it.news != null }.news
        assertEquals(listOf("items"), news?.sections)
        till.signIn("bob", "4321").use { bob ->
            assertTrue(till.syncInBackground()!!.applied.isEmpty())
            assertEquals(2_55L, bob.sell("5901234123457").total.minor)
            assertTrue(till.confirmNews()!!.isComplete)
            assertNull(till.syncScreen().news)
            assertEquals(3_10L, bob.sell("5901234123457").total.minor)
        }
    }

    @Test
    fun `a sync that is cancelled in the middle is resumed by the next one`() =
        test {
            TillKit.open(folder.path, servicesIn(folder)).use { till ->
                till.enrol(line.url, office.pairingCode("T2"), "phone")
                till.chooseCentre("main")
                val run = async { till.sync(SyncAll) }
                till.syncScreens.first { screen -> (screen.run?.percent ?: 0u) > 0u }
                till.cancelSync()
                line.free()
                val cancelled = run.await()!!
                assertTrue(cancelled.isCancelled)
                assertFalse(cancelled.isComplete)
                assertEquals("cancelled", cancelled.result)
                assertFalse("items" in cancelled.applied)

                val resumed = till.sync(SyncAll)!!
                assertTrue(resumed.isComplete, "$resumed")
                assertTrue(till.syncScreen().canSell)
                val items = till.syncScreen().rows.first { it.section == "items" }
                assertEquals(ITEMS + 3u, items.count)
            }
        }

    @Test
    fun `a till whose process is killed is found with the same counter`() =
        test {
            office.openTill(folder, "T3").close()
            val child = Child("tillkit.DoomedTill", folder.path)
            assertEquals("sold 7", child.line())
            child.kill()

            TillKit.open(folder.path, servicesIn(folder)).use { till ->
                assertEquals(7UL, till.unsent().documents)
                assertTrue(till.sync(SyncAll)!!.isComplete)
                assertEquals(0UL, till.unsent().documents)
                assertEquals(7, office.documents("T3").count { "\"kind\":\"sale\"" in it })
            }
        }

    companion object {
        /** With the three of the shop, enough for more than one blob. */
        private const val ITEMS = 20_000UL

        /** Bytes: the small sections are here, the items are not. */
        private const val MIDDLE = 60_000L
        private lateinit var office: BackOffice

        @BeforeAll
        @JvmStatic
        fun open() {
            office = BackOffice()
            office.publish((1..ITEMS.toInt()).associate { "$it" to "1.25" })
        }

        @AfterAll
        @JvmStatic
        fun close() = office.close()
    }
}
