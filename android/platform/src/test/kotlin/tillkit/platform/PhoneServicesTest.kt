package tillkit.platform

import android.app.job.JobScheduler
import android.net.ConnectivityManager
import android.util.Log
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowLog
import tillkit.NetworkListener
import tillkit.ServiceFailed
import tillkit.Standing
import tillkit.TillKit
import tillkit.TillServices
import tillkit.ffi.NoHandle
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey

/** The phone's services against Robolectric's Android, which has everything but the key store. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35])
class PhoneServicesTest {
    private val app = RuntimeEnvironment.getApplication()

    @Test
    fun `a network that appears is told, until the hints are closed`() {
        val connectivity = shadowOf(app.getSystemService(ConnectivityManager::class.java))
        val network = app.getSystemService(ConnectivityManager::class.java)!!.activeNetwork!!
        val listener = CountingListener()
        val hints = ConnectivityHints(app)

        hints.listen(listener)
        connectivity.networkCallbacks.single().onAvailable(network)
        assertEquals(1, listener.heard)

        hints.close()
        assertTrue(connectivity.networkCallbacks.isEmpty())
    }

    @Test
    fun `a till that is opened again leaves one callback`() {
        val hints = ConnectivityHints(app)
        repeat(2) { hints.listen(CountingListener()) }
        val connectivity = shadowOf(app.getSystemService(ConnectivityManager::class.java))
        assertEquals(1, connectivity.networkCallbacks.size)
    }

    @Test
    fun `lines reach Android's log with their level`() {
        Logcat("shop").log("warn", "tillkit_sync", "no route")
        val line = ShadowLog.getLogsForTag("shop").single()
        assertEquals(Log.WARN, line.type)
        assertEquals("tillkit_sync: no route", line.msg)
    }

    @Test
    fun `the till's folder is where no backup looks`() {
        val folder = app.tillFolder()
        assertTrue(folder.isDirectory)
        assertEquals(app.noBackupFilesDir, folder.parentFile)
    }

    @Test
    fun `a background sync waits for a network and comes every quarter of an hour`() {
        SyncJob.schedule(app)
        val job = app.getSystemService(JobScheduler::class.java)!!.allPendingJobs.single()
        assertTrue(job.isPeriodic)
        assertEquals(15 * 60 * 1000L, job.intervalMillis)
        assertEquals(SyncJob::class.java.name, job.service.className)
    }

    @Test
    fun `a background sync of a phone that is no till yet is quiet`() =
        runBlocking {
            val services = TillServices(AndroidKeyStoreSeal(MemoryKeys()), ConnectivityHints(app), null, "test 1")
            TillKit.open(app.tillFolder().path, services).use { till ->
                syncQuietly(
                    object : TillOwner {
                        override suspend fun till() = till
                    },
                )
                assertEquals(Standing.NEW, till.settings().standing)
            }
        }

    @Test
    fun `what is sealed is opened by the same key alone`() {
        val seal = AndroidKeyStoreSeal(MemoryKeys())
        val sealed = seal.seal("secret".toByteArray())
        assertFalse("secret" in String(sealed, Charsets.ISO_8859_1))
        assertArrayEquals("secret".toByteArray(), seal.unseal(sealed))
        assertFalse(sealed.contentEquals(seal.seal("secret".toByteArray())))

        val other = MemoryKeys().apply { make() }
        assertThrows(ServiceFailed::class.java) { AndroidKeyStoreSeal(other).unseal(sealed) }
    }

    @Test
    fun `without its key nothing is opened, and no key is made`() {
        val sealed = AndroidKeyStoreSeal(MemoryKeys()).seal("secret".toByteArray())
        val empty = MemoryKeys()
        assertThrows(ServiceFailed::class.java) { AndroidKeyStoreSeal(empty).unseal(sealed) }
        assertEquals(null, empty.find())
    }

    @Test
    fun `what is damaged is refused, not a crash`() {
        val seal = AndroidKeyStoreSeal(MemoryKeys())
        val sealed = seal.seal("secret".toByteArray())
        for (length in 0 until sealed.size) {
            assertThrows(ServiceFailed::class.java) { seal.unseal(sealed.copyOf(length)) }
        }
        for (at in sealed.indices) {
            val flipped = sealed.clone().also { it[at] = (it[at] + 1).toByte() }
            assertThrows(ServiceFailed::class.java) { seal.unseal(flipped) }
        }
    }

    private class CountingListener : NetworkListener(NoHandle) {
        var heard = 0

        override fun networkAppeared() {
            heard++
        }
    }

    private class MemoryKeys : SealingKeys {
        private var key: SecretKey? = null

        override fun find(): SecretKey? = key

        override fun make(): SecretKey = KeyGenerator.getInstance("AES").generateKey().also { key = it }
    }
}
