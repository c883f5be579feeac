// SPDX-License-Identifier: Apache-2.0

package directory

import "github.com/airside-travel/airside/internal/jsondoc"

// The key of a mail service (EmailClientSecretKey.secretKey) can be written and is never shown again.
// A body without it keeps the stored one, so that a document that was read can be sent back.

func mailSecret(doc *jsondoc.Object) string {
	return doc.Object("emailClientConfig").Object("credentials").Object("emailClientSecretKey").String("secretKey")
}

func setMailSecret(doc *jsondoc.Object, secret string) {
	config := doc.Object("emailClientConfig")
	credentials := config.Object("credentials")
	key := credentials.Object("emailClientSecretKey")
	if secret == "" {
		key.Delete("secretKey")
	} else {
		key.Set("secretKey", secret)
	}
	credentials.Set("emailClientSecretKey", key)
	doc.Set("emailClientConfig", config.Set("credentials", credentials))
}

func hideSecret(doc *jsondoc.Object) {
	if mailSecret(doc) != "" {
		setMailSecret(doc, "")
	}
}

func keepSecret(doc, old *jsondoc.Object) {
	if old == nil || !doc.Has("emailClientConfig") || mailSecret(doc) != "" {
		return
	}
	if secret := mailSecret(old); secret != "" {
		setMailSecret(doc, secret)
	}
}
