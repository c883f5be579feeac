// SPDX-License-Identifier: Apache-2.0

// Package detect puts the detection rules to a month of invented traffic: forty clients with their hours,
// deployments and holidays, and attacks of fifteen kinds planted in it. The seeds that the rules were
// tuned on are not the seeds that judge them. It prints a table for each set of seeds:
//
//	go test -v ./test/detect                              the held-out seeds
//	DETECT_SEEDS=20 DETECT_VOLUME=4 go test -v ./test/detect     more of them, with more traffic
//	DETECT_TUNING=1 go test -v -run Tuning ./test/detect  the seeds to tune on, with every false alert
package detect_test
