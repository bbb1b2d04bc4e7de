package tillkit

import kotlinx.coroutines.flow.first
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import tillkit.fakes.FakeLog
import tillkit.fakes.FakeNetwork
import tillkit.fakes.FakePrinter
import tillkit.fakes.fakeServices
import java.io.File

/** What the phone provides may fail as it likes: the till says so, and goes on. */
class ServicesTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a key store that throws is the device's fault, and the till is still new`() =
        test {
            val broken =
                object : SealingKeyStore {
                    override fun seal(secret: ByteArray): ByteArray = throw IllegalStateException("no hardware")

                    override fun unseal(sealed: ByteArray): ByteArray = throw IllegalStateException("no hardware")
                }
            TillKit.open(folder.path, fakeServices(broken)).use { till ->
                val refusal =
                    refused<TillDeviceFault> { till.enrol(office.url, office.pairingCode("T1"), "phone") }
                assertEquals("key-store", refusal.code)
                assertTrue("no hardware" in refusal.sentence, refusal.sentence)
                assertTrue(refusal.dataSafe)
                assertEquals(Standing.NEW, till.settings().standing)
            }
        }

    @Test
    fun `a till whose key is gone is a copy that keeps its documents`() =
        test {
            office.openTill(folder, "T2").use { till -> till.signIn("bob", "4321").use { it.sell("MUG") } }

            TillKit.open(folder.path, fakeServices()).use { copy ->
                assertEquals(Standing.COPIED, copy.settings().standing)
                assertEquals(1UL, copy.unsent().documents)
            }
        }

    @Test
    fun `network hints and a log that throw do not disturb the till`() =
        test {
            val hints =
                object : NetworkHints {
                    override fun listen(listener: NetworkListener): Unit = error("no network service")
                }
            TillKit.open(folder.path, fakeServices(network = hints)).use { till ->
                assertEquals(0UL, till.unsent().documents)
            }
            val log =
                object : LogSink {
                    override fun log(
                        level: String,
                        target: String,
                        line: String,
                    ): Unit = error("no log")
                }
            GuardedLog(log).log("info", "tillkit", "a line")
        }

    @Test
    fun `a printer prints what is durable, and its jam is told`() =
        test {
            val printer = FakePrinter()
            office.openTill(folder, "T3", servicesIn(folder, printer = printer)).use { till ->
                val sold = till.signIn("bob", "4321").use { it.sell("MUG") }

                till.print(sold.place)
                assertEquals(listOf(sold.text), printer.pages)

                printer.jam = "out of paper"
                val refusal = refused<TillDeviceFault> { till.print(sold.place) }
                assertEquals("printer", refusal.code)
                assertTrue("out of paper" in refusal.sentence)
            }
        }

    @Test
    fun `a network that appears has the till look for news`() =
        test {
            val network = FakeNetwork()
            office.openTill(folder, "T4", servicesIn(folder, network)).use { till ->
                val before = till.syncScreen().lastRun!!.number
                network.appear()
                till.syncScreens.first { (it.lastRun?.number ?: 0UL) > before }
            }
            // A hint after the end is nobody's.
            network.appear()
        }

    @Test
    fun `the log gets the core's lines, and nothing that is secret`() =
        test {
            val log = FakeLog()
            TillKit.logTo(log)
            office.openTill(folder, "T5").use { till -> till.signIn("bob", "4321").use { it.sell("MUG") } }
            assertTrue(log.lines.none { "4321" in it }, "${log.lines}")
        }

    companion object {
        private lateinit var office: BackOffice

        @BeforeAll
        @JvmStatic
        fun open() {
            office = BackOffice()
        }

        @AfterAll
        @JvmStatic
        fun close() = office.close()
    }
}
