// SPDX-License-Identifier: Apache-2.0

package jsondoc_test

import (
	"testing"

	"github.com/airside-travel/airside/internal/jsondoc"
)

func TestEditsKeepOtherBytes(t *testing.T) {
	t.Parallel()
	const in = `{"a": 1.50, "b":{"x": [1, 2]},"é":"\u00e9","c":null}`
	for _, tc := range []struct {
		name string
		edit func(*jsondoc.Object)
		want string
	}{
		{"nothing", func(*jsondoc.Object) {}, `{"a":1.50,"b":{"x": [1, 2]},"é":"\u00e9","c":null}`},
		{"set new", func(o *jsondoc.Object) { o.Set("id", "x\"y") }, `{"a":1.50,"b":{"x": [1, 2]},"é":"\u00e9","c":null,"id":"x\"y"}`},
		{"set in place", func(o *jsondoc.Object) { o.Set("b", 7) }, `{"a":1.50,"b":7,"é":"\u00e9","c":null}`},
		{"first", func(o *jsondoc.Object) { o.First("c", true) }, `{"c":true,"a":1.50,"b":{"x": [1, 2]},"é":"\u00e9"}`},
		{"delete", func(o *jsondoc.Object) { o.Delete("a").Delete("nope") }, `{"b":{"x": [1, 2]},"é":"\u00e9","c":null}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o, err := jsondoc.Parse([]byte(in))
			if err != nil {
				t.Fatal(err)
			}
			tc.edit(o)
			if got := string(o.Bytes()); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestReads(t *testing.T) {
	t.Parallel()
	o, err := jsondoc.Parse([]byte(`{"s":"v","n":3,"o":{"k":"w"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if o.String("s") != "v" || o.String("n") != "" || o.Object("o").String("k") != "w" || o.Object("s").Has("k") {
		t.Errorf("unexpected reads: %q %q %q", o.String("s"), o.String("n"), o.Object("o").String("k"))
	}
	if _, err := jsondoc.Parse([]byte(`[1]`)); err == nil {
		t.Error("an array was taken for an object")
	}
}
