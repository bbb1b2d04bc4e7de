package tillkit

import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import kotlin.time.Duration.Companion.seconds

/** A refusal says by its class what to do, by its code what it is, and always whether data is safe. */
class RefusalsTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `before it is enrolled a till is not ready`() =
        test {
            TillKit.open(folder.path, servicesIn(folder)).use { till ->
                facts("not-enrolled", refused<TillNotReady> { till.sync(SyncAll) })
                facts("not-enrolled", refused<TillNotReady> { till.centres() })
                assertTrue(till.syncScreen().button is ButtonOff)
            }
        }

    @Test
    fun `where nobody answers it is tried again`() =
        test {
            TillKit.open(folder.path, servicesIn(folder)).use { till ->
                facts("no-route", refused<TillTryAgain> { till.enrol("http://127.0.0.1:1", "CODE", "phone") })
                assertEquals(StepOutcome.BAD, till.testConnection("http://127.0.0.1:1").last().outcome)
            }
        }

    @Test
    fun `a pairing code that is not known is to be corrected`() =
        test {
            TillKit.open(folder.path, servicesIn(folder)).use { till ->
                facts("code-unknown", refused<TillRefused> { till.enrol(office.url, "WRONG", "phone") })
            }
        }

    @Test
    fun `a wrong PIN, and a right that is missing, ask for somebody who may`() =
        test {
            office.openTill(folder, "T1").use { till ->
                facts("wrong-pin", refused<TillForbidden> { till.signIn("bob", "1111") })
                till.signIn("bob", "4321").use { bob ->
                    facts("no-right", refused<TillForbidden> { bob.closePeriod() })
                    facts("unknown", refused<TillRefused> { bob.addCode("NOTHING") })
                    facts("no-sale", refused<TillRefused> { bob.complete() })
                }
            }
        }

    @Test
    fun `a suspended till asks to be resumed`() =
        test {
            office.openTill(folder, "T2").use { till ->
                assertEquals(SuspendOutcome.RELEASED, till.suspend(5.seconds))
                facts("suspended", refused<TillSuspended> { till.unsent() })
                till.resume()
                assertEquals(0UL, till.unsent().documents)
            }
        }

    @Test
    fun `files that cannot be opened are the device's fault`() =
        test {
            val file = File(folder, "file").apply { writeText("no folder") }
            refused<TillDeviceFault> { TillKit.open(file.path, servicesIn(folder)) }
        }

    private fun facts(
        code: String,
        refusal: TillException,
    ) {
        assertEquals(code, refusal.code)
        assertTrue(refusal.dataSafe)
        assertTrue(refusal.sentence.isNotBlank())
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
