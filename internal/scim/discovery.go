// SPDX-License-Identifier: Apache-2.0

package scim

import "context"

type supported struct {
	Supported bool `json:"supported"`
}

// Config is ServiceProviderConfig (RFC 7643, section 5).
type Config struct {
	Schemas []string  `json:"schemas"`
	Patch   supported `json:"patch"`
	Bulk    struct {
		supported
		Operations int `json:"maxOperations"`
		Payload    int `json:"maxPayloadSize"`
	} `json:"bulk"`
	Filter struct {
		supported
		Results int `json:"maxResults"`
	} `json:"filter"`
	Password supported `json:"changePassword"`
	Sort     supported `json:"sort"`
	ETag     supported `json:"etag"`
	Schemes  []scheme  `json:"authenticationSchemes"`
	Meta     meta      `json:"meta"`
}

type scheme struct {
	Type        string `json:"type"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Spec        string `json:"specUri"`
	Primary     bool   `json:"primary"`
}

type meta struct {
	Type     string `json:"resourceType"`
	Location string `json:"location"`
}

// GetConfig is getScimServiceProviderConfig.
func (s *Service) GetConfig(context.Context, struct{}) (Config, error) {
	c := Config{Schemas: []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"}, Patch: supported{true}}
	c.Filter.Supported, c.Filter.Results = true, maxPage
	c.Schemes = []scheme{{"oauthbearertoken", "SCIM token", "The scimToken of an API user, sent as bearer token.", "https://www.rfc-editor.org/info/rfc6750", true}}
	c.Meta = meta{"ServiceProviderConfig", s.baseURL() + "/v2/scim/ServiceProviderConfig"}
	return c, nil
}

// ResourceTypes is a list of resource types; there is one.
type ResourceTypes struct {
	Schemas []string       `json:"schemas"`
	Total   int            `json:"totalResults"`
	Start   int            `json:"startIndex"`
	Items   int            `json:"itemsPerPage"`
	Types   []resourceType `json:"Resources"`
}

type resourceType struct {
	Schemas     []string          `json:"schemas"`
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Endpoint    string            `json:"endpoint"`
	Schema      string            `json:"schema"`
	Extensions  []schemaExtension `json:"schemaExtensions"`
	Meta        meta              `json:"meta"`
}

type schemaExtension struct {
	Schema   string `json:"schema"`
	Required bool   `json:"required"`
}

// ListResourceTypes is listScimResourceTypes.
func (s *Service) ListResourceTypes(context.Context, struct{}) (ResourceTypes, error) {
	return ResourceTypes{[]string{listURN}, 1, 1, 1, []resourceType{{
		[]string{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}, "User", "User", "A traveler of the company.", "/Users", coreURN,
		[]schemaExtension{{enterpriseURN, false}}, meta{"ResourceType", s.baseURL() + "/v2/scim/ResourceTypes/User"},
	}}}, nil
}

// Schemas is a list of schemas.
type Schemas struct {
	Schemas []string `json:"schemas"`
	Total   int      `json:"totalResults"`
	Start   int      `json:"startIndex"`
	Items   int      `json:"itemsPerPage"`
	List    []schema `json:"Resources"`
}

type schema struct {
	Schemas     []string    `json:"schemas"`
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Attributes  []attribute `json:"attributes"`
	Meta        meta        `json:"meta"`
}

// ListSchemas is listScimSchemas.
func (s *Service) ListSchemas(context.Context, struct{}) (Schemas, error) {
	one := func(urn, name, description string, list []attribute) schema {
		return schema{[]string{"urn:ietf:params:scim:schemas:core:2.0:Schema"}, urn, name, description, list,
			meta{"Schema", s.baseURL() + "/v2/scim/Schemas/" + urn}}
	}
	return Schemas{[]string{listURN}, 2, 1, 2, []schema{
		one(coreURN, "User", "A user.", coreAttributes()),
		one(enterpriseURN, "EnterpriseUser", "What a company knows about a user.", enterpriseAttributes()),
	}}, nil
}
