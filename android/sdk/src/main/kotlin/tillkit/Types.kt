/*
 * The names a user of the SDK needs. What UniFFI generates stays behind them: nothing outside this
 * module imports `tillkit.ffi`.
 *
 * Kotlin does not reach a nested class through an alias, so the cases of a sealed class have names of
 * their own, beside it: `SyncSection("sales")`, and in a `when` always with `is`: `is LineOnline`.
 * Entries of enums are reached as ever: `Advice.WAIT`.
 */

package tillkit

// Screens.
typealias Advice = tillkit.ffi.Advice
typealias Amount = tillkit.ffi.Amount
typealias CartLine = tillkit.ffi.CartLine
typealias CartTender = tillkit.ffi.CartTender
typealias CartView = tillkit.ffi.CartView
typealias CentreNews = tillkit.ffi.CentreNews
typealias CentreView = tillkit.ffi.CentreView
typealias ChangeCount = tillkit.ffi.ChangeCount
typealias ChangeEntry = tillkit.ffi.ChangeEntry
typealias ChangeSync = tillkit.ffi.ChangeEntry.Sync
typealias ChangeOfRow = tillkit.ffi.ChangeEntry.Line
typealias ChangeLine = tillkit.ffi.ChangeLine
typealias ChangePlace = tillkit.ffi.ChangePlace
typealias ChangeSummary = tillkit.ffi.ChangeSummary
typealias ChangeWhat = tillkit.ffi.ChangeWhat
typealias ChangesScreen = tillkit.ffi.ChangesScreen
typealias Confirmed = tillkit.ffi.Confirmed
typealias DeliveryMark = tillkit.ffi.DeliveryMark
typealias DocumentPlace = tillkit.ffi.DocumentPlace
typealias DocumentView = tillkit.ffi.DocumentView
typealias EditView = tillkit.ffi.EditView
typealias Fact = tillkit.ffi.Fact
typealias FactValue = tillkit.ffi.FactValue
typealias FactText = tillkit.ffi.FactValue.Text
typealias FactNumber = tillkit.ffi.FactValue.Number
typealias FactPrice = tillkit.ffi.FactValue.Price
typealias FactMoney = tillkit.ffi.FactValue.Money
typealias FactPercent = tillkit.ffi.FactValue.Percent
typealias FactTime = tillkit.ffi.FactValue.Time
typealias FactFlag = tillkit.ffi.FactValue.Flag
typealias FindingView = tillkit.ffi.FindingView
typealias HistoryFilter = tillkit.ffi.HistoryFilter
typealias HistoryRow = tillkit.ffi.HistoryRow
typealias HistoryScreen = tillkit.ffi.HistoryScreen
typealias LineState = tillkit.ffi.LineState
typealias LineUnknown = tillkit.ffi.LineState.Unknown
typealias LineOnline = tillkit.ffi.LineState.Online
typealias LineOffline = tillkit.ffi.LineState.Offline
typealias MissingSection = tillkit.ffi.MissingSection
typealias ObjectMark = tillkit.ffi.ObjectMark
typealias ObjectRow = tillkit.ffi.ObjectRow
typealias ObjectView = tillkit.ffi.ObjectView
typealias ObjectsScreen = tillkit.ffi.ObjectsScreen
typealias RedButton = tillkit.ffi.RedButton
typealias ButtonOff = tillkit.ffi.RedButton.Off
typealias ButtonReady = tillkit.ffi.RedButton.Ready
typealias ButtonRunning = tillkit.ffi.RedButton.Running
typealias RowState = tillkit.ffi.RowState
typealias RunEnd = tillkit.ffi.RunEnd
typealias RunRow = tillkit.ffi.RunRow
typealias RunStage = tillkit.ffi.RunStage
typealias RunView = tillkit.ffi.RunView
typealias RunsScreen = tillkit.ffi.RunsScreen
typealias SearchHit = tillkit.ffi.SearchHit
typealias SellScreen = tillkit.ffi.SellScreen
typealias SettingsScreen = tillkit.ffi.SettingsScreen
typealias SoldLine = tillkit.ffi.SoldLine
typealias StageBar = tillkit.ffi.StageBar
typealias StageName = tillkit.ffi.StageName
typealias StageSection = tillkit.ffi.StageName.Section
typealias StageDocuments = tillkit.ffi.StageName.Documents
typealias Standing = tillkit.ffi.Standing
typealias StockView = tillkit.ffi.StockView
typealias SyncObject = tillkit.ffi.SyncObject
typealias SyncRow = tillkit.ffi.SyncRow
typealias SyncSample = tillkit.ffi.SyncSample
typealias SyncScreen = tillkit.ffi.SyncScreen
typealias TenderChoice = tillkit.ffi.TenderChoice
typealias TenderKind = tillkit.ffi.TenderKind
typealias TenderRest = tillkit.ffi.TenderRest
typealias Trouble = tillkit.ffi.Trouble
typealias UnsentView = tillkit.ffi.UnsentView
typealias UserChoice = tillkit.ffi.UserChoice

// What a till is asked, and answers.
typealias Blockers = tillkit.ffi.Blockers
typealias CentreInfo = tillkit.ffi.CentreInfo
typealias CentrePreview = tillkit.ffi.CentrePreview
typealias ConnectionStep = tillkit.ffi.ConnectionStep
typealias EnrolledTill = tillkit.ffi.EnrolledTill
typealias ExportFile = tillkit.ffi.ExportFile
typealias ReceiptRead = tillkit.ffi.ReceiptRead
typealias SectionPreview = tillkit.ffi.SectionPreview
typealias StepOutcome = tillkit.ffi.StepOutcome
typealias SuspendOutcome = tillkit.ffi.SuspendOutcome
typealias SyncReport = tillkit.ffi.SyncReport
typealias SyncScope = tillkit.ffi.SyncScope
typealias SyncAll = tillkit.ffi.SyncScope.All
typealias SyncAllWithoutAttachments = tillkit.ffi.SyncScope.AllWithoutAttachments
typealias SyncSection = tillkit.ffi.SyncScope.Section

// What a cashier says, and gets.
typealias CashMove = tillkit.ffi.CashMove
typealias ClosedDay = tillkit.ffi.ClosedDay
typealias ClosedPeriod = tillkit.ffi.ClosedPeriod
typealias ClosedTender = tillkit.ffi.ClosedTender
typealias CountedPieces = tillkit.ffi.CountedPieces
typealias CountedTender = tillkit.ffi.CountedTender
typealias CustomerView = tillkit.ffi.CustomerView
typealias DiscountChoice = tillkit.ffi.DiscountChoice
typealias PercentOff = tillkit.ffi.DiscountChoice.Percent
typealias AmountOff = tillkit.ffi.DiscountChoice.Off
typealias GoodsLine = tillkit.ffi.GoodsLine
typealias GoodsMoved = tillkit.ffi.GoodsMoved
typealias HeldSale = tillkit.ffi.HeldSale
typealias RecalledSale = tillkit.ffi.RecalledSale
typealias RefundPart = tillkit.ffi.RefundPart
typealias NewCustomer = tillkit.ffi.NewCustomer
typealias OrderWanted = tillkit.ffi.OrderWanted
typealias RecordedDocument = tillkit.ffi.RecordedDocument
typealias ReturnedLine = tillkit.ffi.ReturnedLine
typealias StockMovement = tillkit.ffi.StockMovement

// What the phone provides.
typealias LogSink = tillkit.ffi.LogSink
typealias NetworkHints = tillkit.ffi.NetworkHints
typealias NetworkListener = tillkit.ffi.NetworkListener
typealias Printer = tillkit.ffi.Printer
typealias SealingKeyStore = tillkit.ffi.SealingKeyStore
typealias ServiceException = tillkit.ffi.ServiceException
typealias ServiceFailed = tillkit.ffi.ServiceException.Failed
typealias TillServices = tillkit.ffi.TillServices

// Refusals, and what to do: try again, correct, say which, ask somebody, set up, mend the phone, resume.
typealias TillException = tillkit.ffi.TillException
typealias TillTryAgain = tillkit.ffi.TillException.TryAgain
typealias TillRefused = tillkit.ffi.TillException.Refused
typealias TillTwoReadings = tillkit.ffi.TillException.TwoReadings
typealias TillSeveralItems = tillkit.ffi.TillException.SeveralItems
typealias TillForbidden = tillkit.ffi.TillException.Forbidden
typealias TillNotReady = tillkit.ffi.TillException.NotReady
typealias TillDeviceFault = tillkit.ffi.TillException.Device
typealias TillSuspended = tillkit.ffi.TillException.Suspended

// Values.
typealias ItemChoice = tillkit.ffi.ItemChoice
typealias Reading = tillkit.ffi.Reading
typealias VatSplit = tillkit.ffi.VatSplit
