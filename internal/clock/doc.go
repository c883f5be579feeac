// SPDX-License-Identifier: Apache-2.0

// Package clock is where time comes from: the system's clock, and for each tenant a clock that can
// be frozen, set and advanced, so that holds, tokens, void windows and retries can be tested in
// milliseconds. No other package calls time.Now or time.Sleep.
//
// Not here: what is due when a clock moves (see app's scheduler) and where the state of a tenant's
// clock is kept (the caller hands it in and out as a State).
package clock
