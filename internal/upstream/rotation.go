// SPDX-License-Identifier: Apache-2.0

package upstream

import "context"

func (c *Client) rotationIsOn(_ context.Context) bool { return false }
