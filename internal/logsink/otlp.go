// SPDX-License-Identifier: Apache-2.0

package logsink

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
)

// otlp sends batches by OTLP/HTTP in the JSON encoding. The official SDK would bring protobuf, gRPC and a
// pipeline of its own for what is one document.
type otlp struct {
	set *Setting
	encoder
	client *http.Client
}

func newOTLP(set *Setting, e encoder) (*otlp, error) {
	c, err := tlsConfig(set.CA)
	if err != nil {
		return nil, err
	}
	return &otlp{set: set, encoder: e, client: &http.Client{
		Transport:     &http.Transport{TLSClientConfig: c, Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 1},
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// The messages of opentelemetry/proto/collector/logs/v1, as far as they are needed. Numbers of 64 bits are
// strings in this encoding, ids are hexadecimal.
type (
	otlpExport struct {
		ResourceLogs []otlpResourceLogs `json:"resourceLogs"`
	}
	otlpResourceLogs struct {
		Resource  otlpResource    `json:"resource"`
		ScopeLogs []otlpScopeLogs `json:"scopeLogs"`
	}
	otlpResource struct {
		Attributes []otlpAttribute `json:"attributes"`
	}
	otlpScopeLogs struct {
		Scope   otlpScope    `json:"scope"`
		Records []otlpRecord `json:"logRecords"`
	}
	otlpScope struct {
		Name string `json:"name"`
	}
	otlpRecord struct {
		Time       string          `json:"timeUnixNano"`
		Observed   string          `json:"observedTimeUnixNano"`
		Severity   int             `json:"severityNumber"`
		Level      string          `json:"severityText"`
		Body       otlpValue       `json:"body"`
		Attributes []otlpAttribute `json:"attributes,omitempty"`
		TraceID    string          `json:"traceId,omitempty"`
	}
	otlpAttribute struct {
		Key   string    `json:"key"`
		Value otlpValue `json:"value"`
	}
	otlpValue struct {
		String *string    `json:"stringValue,omitempty"`
		Int    string     `json:"intValue,omitempty"`
		Bool   *bool      `json:"boolValue,omitempty"`
		Array  *otlpArray `json:"arrayValue,omitempty"`
	}
	otlpArray struct {
		Values []otlpValue `json:"values"`
	}
)

func otlpText(s string) otlpValue { return otlpValue{String: &s} }

func (o *otlp) send(batch []entry) error {
	records := make([]otlpRecord, len(batch))
	for i, x := range batch {
		r, err := o.entry(x)
		if err != nil {
			return err
		}
		records[i] = r
	}
	body, err := json.Marshal(otlpExport{[]otlpResourceLogs{{
		Resource: otlpResource{[]otlpAttribute{
			{"service.name", otlpText("airside")}, {"service.version", otlpText(o.o.Version)}, {"host.name", otlpText(o.o.Host)},
		}},
		ScopeLogs: []otlpScopeLogs{{otlpScope{"airside/requests"}, records}},
	}}})
	if err != nil {
		return err
	}
	for second := false; ; second = true {
		status, err := o.post(body)
		switch {
		case err == nil && status/100 == 2:
			return nil
		case second:
			if err != nil {
				return err
			}
			return fmt.Errorf("%s answered %d", o.set.URL, status)
		case err == nil && status != http.StatusTooManyRequests && status < 500:
			return fmt.Errorf("%s answered %d", o.set.URL, status)
		}
	}
}

func (o *otlp) post(body []byte) (int, error) {
	r, err := http.NewRequestWithContext(o.ctx, http.MethodPost, o.set.URL, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := o.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return 0, err
	}
	var a struct {
		Partial struct {
			Rejected json.RawMessage `json:"rejectedLogRecords"`
		} `json:"partialSuccess"`
	}
	if resp.StatusCode/100 == 2 && json.Unmarshal(answer, &a) == nil {
		if n, _ := strconv.Atoi(string(bytes.Trim(a.Partial.Rejected, `"`))); n > 0 && o.o.Dropped != nil {
			o.o.Dropped(o.set.Name(), "failed", n)
		}
	}
	return resp.StatusCode, nil
}

// entry is one record. OCSF goes into the body, as one text.
func (o *otlp) entry(x entry) (otlpRecord, error) {
	r := o.record(x)
	at := strconv.FormatInt(r.Time.UnixNano(), 10)
	out := otlpRecord{Time: at, Observed: at, Severity: 9 + int(r.Level), Level: r.Level.String(), Body: otlpText(r.Message)}
	if x.event != nil {
		out.TraceID = x.event.ID
	}
	if o.format == "ocsf" {
		text, err := o.ocsf(x)
		out.Body = otlpText(string(text))
		return out, err
	}
	r.Attrs(func(a slog.Attr) bool {
		out.Attributes = flatten(out.Attributes, "", a)
		return true
	})
	return out, nil
}

func flatten(to []otlpAttribute, prefix string, a slog.Attr) []otlpAttribute {
	key, v := prefix+a.Key, a.Value.Resolve()
	switch v.Kind() {
	case slog.KindGroup:
		for _, g := range v.Group() {
			to = flatten(to, key+".", g)
		}
		return to
	case slog.KindInt64:
		return append(to, otlpAttribute{key, otlpValue{Int: strconv.FormatInt(v.Int64(), 10)}})
	case slog.KindDuration:
		return append(to, otlpAttribute{key, otlpValue{Int: strconv.FormatInt(int64(v.Duration()), 10)}})
	case slog.KindBool:
		b := v.Bool()
		return append(to, otlpAttribute{key, otlpValue{Bool: &b}})
	case slog.KindAny:
		if list, ok := v.Any().([]string); ok {
			array := &otlpArray{Values: []otlpValue{}}
			for _, s := range list {
				array.Values = append(array.Values, otlpText(s))
			}
			return append(to, otlpAttribute{key, otlpValue{Array: array}})
		}
	}
	return append(to, otlpAttribute{key, otlpText(v.String())})
}

func (o *otlp) tick() error { return nil }

func (o *otlp) close() error {
	o.client.CloseIdleConnections()
	return nil
}
