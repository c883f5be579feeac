// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"fmt"

	"github.com/airside-travel/airside/client"
)

// Change one member of a profile. Everything else of it stays, also what this program knows nothing
// of, and also when somebody else changes the same profile at this moment.
func ExampleClient_UpdateUser() {
	c, err := client.New(client.Options{BaseURL: "http://127.0.0.1:8080", ClientID: "...", ClientSecret: "..."})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = c.UpdateUser(context.Background(), "0199a0c4-5d1e-7c33-9a41-2f6c1e0b7d11", func(u *client.User) error {
		u.Set("Lead engineer", "businessInfo", "designation")
		u.Remove("personalInfo", "emergencyContact")
		return nil
	})
	if client.HasCode(err, "RESOURCE_NOT_FOUND") {
		fmt.Println("there is no such user")
	}
}

// Go through every user of a company, page by page.
func ExampleClient_Pages() {
	c, err := client.New(client.Options{BaseURL: "http://127.0.0.1:8080", Token: "..."})
	if err != nil {
		fmt.Println(err)
		return
	}
	body := client.Object{"companyId": client.Object{"id": "4a0a30b4-8b4f-478d-b12b-a5691096a83c"}, "userStatusFilter": "ALL"}
	for user, err := range c.Pages(context.Background(), "listUsersV3", nil, body) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(string(user))
	}
}

func ExampleObject_Merge() {
	user, _ := client.ParseObject([]byte(`{"persona":"EMPLOYEE","businessInfo":{"designation":"Engineer","employeeId":"E-1042"}}`))
	change, _ := client.ParseObject([]byte(`{"businessInfo":{"designation":null,"accountingCode":"4410"}}`))
	user.Merge(change)
	fmt.Println(user.Text("businessInfo", "employeeId"), user.Text("businessInfo", "accountingCode"), user.Get("businessInfo", "designation"))
	// Output: E-1042 4410 <nil>
}
