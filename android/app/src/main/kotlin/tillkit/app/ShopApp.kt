package tillkit.app

import android.app.Application
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import tillkit.TillKit
import tillkit.TillServices
import tillkit.platform.AndroidKeyStoreSeal
import tillkit.platform.ConnectivityHints
import tillkit.platform.Https
import tillkit.platform.Logcat
import tillkit.platform.SyncJob
import tillkit.platform.TillOwner
import tillkit.platform.tillFolder

/** Has the one till of the app, for as long as the process lives: Android ends processes, not apps. */
class ShopApp :
    Application(),
    TillOwner {
    private val opening = Mutex()
    private var till: TillKit? = null

    override fun onCreate() {
        super.onCreate()
        Https.begin(this)
        SyncJob.schedule(this)
    }

    override suspend fun till(): TillKit =
        opening.withLock {
            till ?: open().also { till = it }
        }

    private suspend fun open(): TillKit {
        TillKit.logTo(Logcat())
        val hints = ConnectivityHints(this)
        val services = TillServices(AndroidKeyStoreSeal(), hints, printer = null, app = "tillkit-app 0.1.0")
        return TillKit.open(tillFolder().path, services)
    }
}
