package tillkit.platform

import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.app.job.JobService
import android.content.ComponentName
import android.content.Context
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import tillkit.TillException
import tillkit.TillKit
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes

/** The app that has the till: its `Application` implements it. */
interface TillOwner {
    /** The one till of the app, opened at the first call. */
    suspend fun till(): TillKit
}

/**
 * Sends what is unsent, and fetches what is published, while nobody looks: at most every quarter of an
 * hour, when there is a network. What waits for a cashier's confirmation waits on: prices do not change
 * overnight.
 */
class SyncJob : JobService() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private var work: Job? = null

    override fun onStartJob(parameters: JobParameters): Boolean {
        work =
            scope.launch {
                syncQuietly(application as TillOwner)
                jobFinished(parameters, false)
            }
        return true
    }

    /** Android takes the time away; the run ends at its next border, or with the process, and is resumed. */
    override fun onStopJob(parameters: JobParameters): Boolean {
        work?.cancel()
        return true
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    companion object {
        private const val JOB = 0x7111

        /** Asks Android for it; call it when the app starts. Android decides when. */
        fun schedule(
            context: Context,
            every: Duration = 15.minutes,
        ) {
            val job =
                JobInfo
                    .Builder(JOB, ComponentName(context, SyncJob::class.java))
                    .setRequiredNetworkType(JobInfo.NETWORK_TYPE_ANY)
                    .setPeriodic(every.inWholeMilliseconds)
                    .build()
            checkNotNull(context.getSystemService(JobScheduler::class.java)).schedule(job)
        }
    }
}

/** A trouble is on the sync screen when somebody looks; here nobody does. */
internal suspend fun syncQuietly(owner: TillOwner) {
    try {
        owner.till().syncInBackground()
    } catch (_: TillException) {
        // The next job, or the till's own timer, tries again.
    }
}
