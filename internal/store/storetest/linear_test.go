// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"testing"

	"github.com/anishathalye/porcupine"
)

// What a store must never do is found out.
func TestSequentialFindsAnomalies(t *testing.T) {
	t.Parallel()
	op := func(client int, call, end int64, a act, o outcome) porcupine.Operation {
		return porcupine.Operation{ClientId: client, Call: call, Return: end, Input: a, Output: o}
	}
	insert := op(0, 1, 2, act{verb: "insert", id: "a", doc: "x"}, outcome{version: 1, doc: "x"})
	for name, tc := range map[string]struct {
		history []porcupine.Operation
		want    porcupine.CheckResult
	}{
		"in order": {[]porcupine.Operation{
			insert,
			op(1, 3, 4, act{verb: "update", id: "a", expect: 1, doc: "y"}, outcome{version: 2, doc: "y"}),
			op(0, 5, 6, act{verb: "update", id: "a", expect: 1, doc: "z"}, outcome{refused: "version"}),
			op(1, 7, 8, act{verb: "read", id: "a"}, outcome{version: 2, doc: "y"}),
		}, porcupine.Ok},
		"at the same time": {[]porcupine.Operation{
			op(1, 1, 6, act{verb: "read", id: "a"}, outcome{version: 1, doc: "x"}),
			op(0, 2, 3, act{verb: "insert", id: "a", doc: "x"}, outcome{version: 1, doc: "x"}),
			op(2, 4, 5, act{verb: "update", id: "a", expect: 1, doc: "y"}, outcome{version: 2, doc: "y"}),
		}, porcupine.Ok},
		"stale read": {[]porcupine.Operation{
			insert,
			op(1, 3, 4, act{verb: "update", id: "a", expect: 1, doc: "y"}, outcome{version: 2, doc: "y"}),
			op(0, 5, 6, act{verb: "read", id: "a"}, outcome{version: 1, doc: "x"}),
		}, porcupine.Illegal},
		"lost update": {[]porcupine.Operation{
			insert,
			op(1, 3, 6, act{verb: "update", id: "a", expect: 1, doc: "y"}, outcome{version: 2, doc: "y"}),
			op(2, 4, 5, act{verb: "update", id: "a", expect: 1, doc: "z"}, outcome{version: 2, doc: "z"}),
		}, porcupine.Illegal},
		"created twice": {[]porcupine.Operation{
			op(1, 1, 4, act{verb: "create", id: "c", doc: "x"}, outcome{version: 1, doc: "x"}),
			op(2, 2, 3, act{verb: "create", id: "c", doc: "y"}, outcome{version: 1, doc: "y"}),
		}, porcupine.Illegal},
		"lost insert": {[]porcupine.Operation{
			insert,
			op(1, 3, 4, act{verb: "read", id: "a"}, outcome{refused: "not found"}),
		}, porcupine.Illegal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			judge(t, tc.history, tc.want)
		})
	}
}
