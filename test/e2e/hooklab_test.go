// SPDX-License-Identifier: Apache-2.0

package e2e_test

import "testing"

// A receiver is put through trouble, loses an event, sees it missing, and gets it back.
func TestAReceiverRecoversWhatItLost(t *testing.T) {
	t.Parallel()
	c := start(t)
	url, events := receiver(t)
	id := c.subscribe(url, "TRAVELER_V2").str("id")
	hooks := "/v1/airside/webhooks/"
	sub := hooks + "subscriptions/" + id
	now := c.call(200, "GET", "/v1/airside/world/clock", nil).str("now")

	lab := "/v1/airside/world/webhooks/" + id
	c.call(200, "PUT", lab, doc{"drops": doc{"next": 1}, "duplicates": doc{"next": 1}})
	for _, value := range []string{"E-1", "E-2"} {
		c.call(200, "PUT", "/v2/users/"+c.srv.Demo.UserID+"/external-id", doc{"externalId": value})
	}
	c.settle()
	if n := len(events); n != 2 {
		t.Errorf("%d came, want one twice", n)
	}
	for len(events) > 0 {
		if got := (<-events).event.str("payload/externalId"); got != "E-2" {
			t.Errorf("%s came", got)
		}
	}
	if left := c.call(200, "GET", lab, nil); left.at("drops/next") != nil {
		t.Errorf("left to do: %v", left)
	}
	c.call(204, "DELETE", lab, nil)
	lost := c.call(200, "GET", hooks+"deliveries?state=SKIPPED", nil).list("deliveries")
	if len(lost) != 1 {
		t.Fatalf("skipped: %v", lost)
	}

	replay := c.call(200, "POST", sub+"/replay", doc{"from": now})
	c.settle()
	if replay.at("queued") != 1.0 || len(events) != 1 {
		t.Fatalf("replayed %v, %d came", replay, len(events))
	}
	back := <-events
	if back.header.Get("X-Spotnana-Webhook-Id") != lost[0].str("id") || back.event.str("payload/externalId") != "E-1" {
		t.Errorf("%s came", back.body)
	}
	if e := c.call(200, "GET", sub+"/state", nil); e.str("breaker") != "CLOSED" || e.at("pending") != 0.0 {
		t.Errorf("%v", e)
	}
	c.call(200, "PUT", sub+"/settings", doc{"blockedOperations": []string{"UPDATE"}, "headersStyle": "STANDARD"})
	c.call(200, "PUT", "/v2/users/"+c.srv.Demo.UserID+"/external-id", doc{"externalId": "E-3"})
	c.settle()
	if len(events) > 0 {
		t.Error("a blocked operation came")
	}
	if list := c.call(200, "GET", hooks+"endpoints?breaker=OPEN", nil).list("endpoints"); len(list) != 0 {
		t.Errorf("%v", list)
	}
	c.call(200, "POST", sub+"/resume", doc{})
	c.call(400, "POST", hooks+"deliveries/"+lost[0].str("id")+"/skip", nil)
}
