// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package seriestest

// clauses is the contract, in the order in which it is best read.
var clauses = []clause{
	{"an empty store holds nothing", checkEmpty},
	{"zero is stored and absent is not measured", checkZero},
	{"a retry changes nothing", checkRetry},
	{"a retry after a restart changes nothing", checkRetryAfterRestart},
	{"minutes come in order", checkOrder},
	{"last is the newest minute", checkLast},
	{"up counts the minutes of intake", checkUp},
	{"writers are those who appended", checkWriters},
	{"counts are exact", checkExactCounts},
	{"names are text", checkText},
	{"readers see whole minutes", checkWholeMinutes},
	{"sums lie on the grid", checkGrid},
	{"queries select series", checkSelection},
	{"queries have limits", checkLimits},
	{"answers have a limit", checkLimitOfSums},
	{"sources stay apart", checkSources},
	{"histograms merge exactly", checkHistograms},
	{"histograms lie on the grid", checkTimedGrid},
	{"hours hold every minute once", checkHours},
	{"hours are backfilled in pieces", checkHoursInPieces},
	{"durations outlive their minutes", checkOldDurations},
	{"an empty store takes a backfill", checkBackfillEmpty},
	{"a backfill never covers what was measured", checkBackfillMeasured},
	{"a backfill takes nothing from live minutes", checkBackfillBesideLive},
	{"baselines are backfilled with their histograms", checkBackfillBaselines},
	{"a broken backfill can be run again", checkBackfillErrors},
	{"a backfill reports its progress", checkBackfillProgress},
	{"random work equals the model", checkRandom},
}
