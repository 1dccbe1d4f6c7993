package auth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// This file has the deviations accepted in answers of Microsoft Entra ID against the
// standards: an issuer depending on the person, and a person as a directory's object.

func entraHosts() []string {
	return []string{"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"}
}

// entraAliases are other names of those hosts. Their metadata name the issuer of the
// proper one, so they cannot be an authority here.
func entraAliases() map[string]string {
	return map[string]string{
		"login.windows.net": "login.microsoftonline.com", "login.microsoft.com": "login.microsoftonline.com",
		"sts.windows.net":              "login.microsoftonline.com",
		"login.usgovcloudapi.net":      "login.microsoftonline.us",
		"login.chinacloudapi.cn":       "login.partner.microsoftonline.cn",
		"login-us.microsoftonline.com": "login.microsoftonline.us",
	}
}

const tenantPlaceholder = "{tenantid}"

var (
	guid   = pattern(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	domain = pattern(`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$`)
)

// entraAuthority is an authority of the form https://HOST/TENANT/v2.0, or the
// address of its metadata.
type entraAuthority struct {
	origin string // https://HOST
	tenant string // a GUID, a domain, "organizations", "common" or "consumers"
}

func parseEntraAuthority(authority string) (entraAuthority, error) {
	u, err := url.Parse(authority)
	if err != nil {
		return entraAuthority{}, err
	}
	if proper := entraAliases()[strings.ToLower(u.Hostname())]; proper != "" {
		return entraAuthority{}, fmt.Errorf("names another name of https://%s, which is the one to use", proper)
	}
	path := strings.TrimSuffix(strings.TrimSuffix(u.Path, wellKnown), "/")
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	switch {
	case len(parts) == 1 && isEntraTenant(parts[0]):
		return entraAuthority{}, fmt.Errorf("is an address of the old version 1; use %s://%s/%s/v2.0", u.Scheme, u.Host, parts[0])
	case len(parts) != 2 || parts[1] != "v2.0":
		return entraAuthority{}, fmt.Errorf("is %q; it has to be %s://%s/TENANT/v2.0", authority, u.Scheme, u.Host)
	case !isEntraTenant(parts[0]):
		return entraAuthority{}, fmt.Errorf("names the directory %q, which is neither an id, nor a domain, nor organizations, common or consumers", parts[0])
	}
	return entraAuthority{origin: u.Scheme + "://" + u.Host, tenant: parts[0]}, nil
}

func isEntraTenant(s string) bool {
	return guid().MatchString(s) || domain().MatchString(s) || slices.Contains([]string{"organizations", "common", "consumers"}, s)
}

// anyTenant: people of all directories come in through it.
func (a entraAuthority) anyTenant() bool { return a.tenant == "organizations" || a.tenant == "common" }

func (a entraAuthority) issuer(tenant string) string { return a.origin + "/" + tenant + "/v2.0" }

// checkIssuer holds the issuer in the metadata against the authority. It is another one
// in three cases only: a template for organizations and common, the directory's id for a
// domain, the personal directory's for consumers.
func (a entraAuthority) checkIssuer(issuer string) error {
	named, found := strings.CutPrefix(issuer, a.origin+"/")
	named, suffix := strings.CutSuffix(named, "/v2.0")
	fits := false
	switch {
	case !found || !suffix:
	case a.anyTenant():
		fits = named == tenantPlaceholder
	case a.tenant == "consumers":
		fits = named == PersonalTenant
	case guid().MatchString(a.tenant):
		fits = strings.EqualFold(named, a.tenant)
	default:
		fits = guid().MatchString(named)
	}
	if !fits {
		return untrusted("issuer", "the metadata of %s name the issuer %q", a.issuer(a.tenant), clean(issuer))
	}
	return nil
}

// issuerFor is the issuer of a directory's tokens; for a tenant without the form of a
// GUID it is none at all.
func (m *Metadata) issuerFor(tenant string) string {
	if !guid().MatchString(tenant) {
		return ""
	}
	return strings.Replace(m.Issuer, tenantPlaceholder, tenant, 1)
}

// issues reports if tokens or responses of issuer can be this provider's.
func (m *Metadata) issues(issuer string) bool {
	before, after, template := strings.Cut(m.Issuer, tenantPlaceholder)
	if !template {
		return issuer == m.Issuer
	}
	tenant, found := strings.CutPrefix(issuer, before)
	tenant, suffix := strings.CutSuffix(tenant, after)
	return found && suffix && guid().MatchString(tenant)
}

// directory is a kept account's. Records from before the directory was kept have it
// in the issuer alone.
func (a Account) directory() string {
	if a.Tenant != "" {
		return a.Tenant
	}
	parts := strings.Split(strings.TrimSuffix(a.Issuer, "/v2.0"), "/")
	return parts[len(parts)-1]
}

// checkEntraIdentity: the issuer is the one of the token's own directory, and the
// person is an object in it.
func checkEntraIdentity(m *Metadata, claims *tokenClaims) error {
	switch {
	case !guid().MatchString(claims.Tenant):
		return untrusted("tid", "the ID token names no directory")
	case claims.Issuer == "" || claims.Issuer != m.issuerFor(claims.Tenant) || !strings.HasSuffix(claims.Issuer, "/"+claims.Tenant+"/v2.0"):
		return untrusted("iss", "the ID token comes from %q and names the directory %q; this provider is %q", clean(claims.Issuer), clean(claims.Tenant), m.Issuer)
	case !guid().MatchString(claims.Object):
		return untrusted("oid", "the ID token names nobody in the directory")
	}
	return nil
}

// checkTenant lets people in by the directory vouched for by the provider.
func (c *Client) checkTenant(tenant string) error {
	if c.dialect != Entra {
		return nil
	}
	listed := slices.ContainsFunc(c.provider.Tenants, func(t string) bool { return strings.EqualFold(t, tenant) })
	personal := strings.EqualFold(tenant, PersonalTenant)
	a, err := parseEntraAuthority(c.provider.Authority)
	switch {
	case err != nil:
		return err // Check has let none of these through
	case len(c.provider.Allowed.Tenants) > 0 && !slices.ContainsFunc(c.provider.Allowed.Tenants, func(t string) bool { return strings.EqualFold(t, tenant) }):
		return &TenantError{Tenant: tenant, Personal: personal}
	case listed:
		return nil
	case len(c.provider.Tenants) == 0 && personal && (a.tenant == "consumers" || strings.EqualFold(a.tenant, PersonalTenant)):
		return nil
	case len(c.provider.Tenants) == 0 && !personal:
		return nil // the issuer has been checked against the authority
	}
	return &TenantError{Tenant: tenant, Personal: personal}
}

// keyIssuerFits: Entra publishes the issuer with each key signing for it, as a template
// or literally. Without the member, it signs everybody's.
func keyIssuerFits(keyIssuer, tokenIssuer, tenant string) bool {
	return keyIssuer == "" || strings.Replace(keyIssuer, tenantPlaceholder, tenant, 1) == tokenIssuer
}

// clientInfo names the person's home directory, and their id there. It is not signed: it
// serves for display only.
type clientInfo struct {
	Object string `json:"uid"`
	Tenant string `json:"utid"`
}

var errClientInfo = errors.New("client_info cannot be read")

// maxClientInfo is far above the 120 bytes or so it has.
const maxClientInfo = 4 << 10

// parseClientInfo reads the base64url JSON asked for by client_info=1. Padding is taken,
// because some clouds send it.
func parseClientInfo(raw string) (clientInfo, error) {
	var info clientInfo
	if raw == "" || len(raw) > maxClientInfo {
		return info, errClientInfo
	}
	decoded, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(raw, "="))
	if err != nil || json.Unmarshal(decoded, &info) != nil {
		return clientInfo{}, errClientInfo
	}
	if !guid().MatchString(info.Tenant) || info.Object == "" || len(info.Object) > 255 {
		return clientInfo{}, errClientInfo
	}
	return info, nil
}

// withHome notes a guest as one. Unreadable client info changes nothing.
func (c *Client) withHome(a Account, raw any) Account {
	text, _ := raw.(string)
	if c.dialect != Entra || text == "" {
		return a
	}
	info, err := parseClientInfo(text)
	if err != nil {
		c.log.Warn("whether the account is a guest is not known", "error", err)
		return a
	}
	a.Guest = !strings.EqualFold(info.Tenant, a.Tenant)
	return a
}
