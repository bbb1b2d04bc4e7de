// What the core hands out and takes, under the names an app uses. An app imports TillKit (or TillKitUI)
// and never the generated module.

import TillKitFFI

// Money.
public typealias Amount = TillKitFFI.Amount
public typealias VatSplit = TillKitFFI.VatSplit
public typealias Reading = TillKitFFI.Reading

// Troubles.
public typealias Trouble = TillKitFFI.Trouble
public typealias Advice = TillKitFFI.Advice
public typealias TillError = TillKitFFI.TillError
public typealias ItemChoice = TillKitFFI.ItemChoice

// The sync screen.
public typealias SyncScreen = TillKitFFI.SyncScreen
public typealias SyncRow = TillKitFFI.SyncRow
public typealias SyncObject = TillKitFFI.SyncObject
public typealias SyncScope = TillKitFFI.SyncScope
public typealias SyncReport = TillKitFFI.SyncReport
public typealias SyncSample = TillKitFFI.SyncSample
public typealias LineState = TillKitFFI.LineState
public typealias UnsentView = TillKitFFI.UnsentView
public typealias CentreNews = TillKitFFI.CentreNews
public typealias RedButton = TillKitFFI.RedButton
public typealias RunView = TillKitFFI.RunView
public typealias RunStage = TillKitFFI.RunStage
public typealias RunEnd = TillKitFFI.RunEnd
public typealias StageBar = TillKitFFI.StageBar
public typealias StageName = TillKitFFI.StageName
public typealias RowState = TillKitFFI.RowState
public typealias ObjectMark = TillKitFFI.ObjectMark
public typealias MissingSection = TillKitFFI.MissingSection
public typealias Confirmed = TillKitFFI.Confirmed
public typealias ObjectsScreen = TillKitFFI.ObjectsScreen
public typealias ObjectRow = TillKitFFI.ObjectRow
public typealias ObjectView = TillKitFFI.ObjectView
public typealias Fact = TillKitFFI.Fact
public typealias FactValue = TillKitFFI.FactValue
public typealias RunsScreen = TillKitFFI.RunsScreen
public typealias RunRow = TillKitFFI.RunRow
public typealias ChangesScreen = TillKitFFI.ChangesScreen
public typealias ChangeEntry = TillKitFFI.ChangeEntry
public typealias ChangeSummary = TillKitFFI.ChangeSummary
public typealias ChangeCount = TillKitFFI.ChangeCount
public typealias ChangeWhat = TillKitFFI.ChangeWhat
public typealias ChangeLine = TillKitFFI.ChangeLine
public typealias ChangePlace = TillKitFFI.ChangePlace

// Settings and enrolment.
public typealias SettingsScreen = TillKitFFI.SettingsScreen
public typealias Standing = TillKitFFI.Standing
public typealias CentreView = TillKitFFI.CentreView
public typealias CentreInfo = TillKitFFI.CentreInfo
public typealias CentrePreview = TillKitFFI.CentrePreview
public typealias SectionPreview = TillKitFFI.SectionPreview
public typealias Blockers = TillKitFFI.Blockers
public typealias EditView = TillKitFFI.EditView
public typealias EnrolledTill = TillKitFFI.EnrolledTill
public typealias ConnectionStep = TillKitFFI.ConnectionStep
public typealias StepOutcome = TillKitFFI.StepOutcome
public typealias UserChoice = TillKitFFI.UserChoice
public typealias SuspendOutcome = TillKitFFI.SuspendOutcome

// Selling.
public typealias SellScreen = TillKitFFI.SellScreen
public typealias SearchHit = TillKitFFI.SearchHit
public typealias StockView = TillKitFFI.StockView
public typealias CartView = TillKitFFI.CartView
public typealias CartLine = TillKitFFI.CartLine
public typealias CartTender = TillKitFFI.CartTender
public typealias TenderChoice = TillKitFFI.TenderChoice
public typealias TenderKind = TillKitFFI.TenderKind
public typealias TenderRest = TillKitFFI.TenderRest
public typealias DiscountChoice = TillKitFFI.DiscountChoice
public typealias HeldSale = TillKitFFI.HeldSale
public typealias RecalledSale = TillKitFFI.RecalledSale
public typealias RefundPart = TillKitFFI.RefundPart
public typealias ReturnedLine = TillKitFFI.ReturnedLine
public typealias RecordedDocument = TillKitFFI.RecordedDocument

// Cash and closures.
public typealias CashMove = TillKitFFI.CashMove
public typealias CountedTender = TillKitFFI.CountedTender
public typealias CountedPieces = TillKitFFI.CountedPieces
public typealias ClosedPeriod = TillKitFFI.ClosedPeriod
public typealias ClosedTender = TillKitFFI.ClosedTender
public typealias ClosedDay = TillKitFFI.ClosedDay

// Customers, orders, goods; the road by file.
public typealias CustomerView = TillKitFFI.CustomerView
public typealias NewCustomer = TillKitFFI.NewCustomer
public typealias OrderWanted = TillKitFFI.OrderWanted
public typealias GoodsLine = TillKitFFI.GoodsLine
public typealias GoodsMoved = TillKitFFI.GoodsMoved
public typealias StockMovement = TillKitFFI.StockMovement
public typealias ExportFile = TillKitFFI.ExportFile
public typealias ReceiptRead = TillKitFFI.ReceiptRead

// History.
public typealias HistoryScreen = TillKitFFI.HistoryScreen
public typealias HistoryFilter = TillKitFFI.HistoryFilter
public typealias HistoryRow = TillKitFFI.HistoryRow
public typealias FindingView = TillKitFFI.FindingView
public typealias DocumentPlace = TillKitFFI.DocumentPlace
public typealias DocumentView = TillKitFFI.DocumentView
public typealias SoldLine = TillKitFFI.SoldLine
public typealias DeliveryMark = TillKitFFI.DeliveryMark

// What the phone provides: an app's own classes conform to these.
public typealias TillServices = TillKitFFI.TillServices
public typealias SealingKeyStore = TillKitFFI.SealingKeyStore
public typealias NetworkHints = TillKitFFI.NetworkHints
public typealias NetworkListener = TillKitFFI.NetworkListener
public typealias Printer = TillKitFFI.Printer
public typealias LogSink = TillKitFFI.LogSink
public typealias ServiceError = TillKitFFI.ServiceError
