// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/contract/sample"
)

func benchmark(b *testing.B, id string, o sample.Options, response bool) {
	c, err := contract.Load()
	if err != nil {
		b.Fatal(err)
	}
	op := c.Operation(id)
	body := sample.Request(op, o)
	check := func() []contract.Violation { return op.CheckBody("application/json", body) }
	if response {
		body = sample.Response(op, op.SuccessStatus, o)
		check = func() []contract.Violation { return op.CheckResponse(op.SuccessStatus, "application/json", body) }
	}
	if bad := check(); len(bad) > 0 {
		b.Fatal(bad)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		check()
	}
}

func BenchmarkCheckUser(b *testing.B) {
	benchmark(b, "updateUser", sample.Options{Depth: 7, Items: 2}, false)
}

func BenchmarkCheckSearch(b *testing.B) {
	benchmark(b, "airSearch", sample.Options{Depth: 5, Items: 2}, false)
}

func BenchmarkCheckPNR(b *testing.B) {
	benchmark(b, "getPnrV3", sample.Options{Depth: 4, Items: 2}, true)
}
