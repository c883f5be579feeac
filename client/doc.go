// SPDX-License-Identifier: Apache-2.0

// Package client talks to Airside, or to any server of the same API, with every practice that the API
// recommends: one access token, reused until shortly before it expires; waiting and trying again where
// the server says that it is busy; and changes of complete objects that lose nothing.
//
// Operations are called by the ids of the contract, with parameters by name and bodies of any type that
// encoding/json can write:
//
//	c, err := client.New(client.Options{BaseURL: url, ClientID: id, ClientSecret: secret})
//	var created struct{ ID string }
//	err = c.Call(ctx, "createUser", nil, user, &created)
//
// An update of this API replaces the whole object, so whoever sends back a part of it erases the rest.
// UpdateUser and Update read the object, let a function change it, and write it under the condition that
// nobody changed it in between; members that the caller has never heard of stay as they are.
//
// Not here: webhooks (package webhook), the types of the API's bodies, and a server (airsidetest).
// Errors are *Error for what the server refused, with its documented code; everything else comes from
// the network or from encoding/json.
package client
