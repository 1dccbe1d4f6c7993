package auth

import (
	"slices"
	"strings"
)

// checkDomain says who may come in, by the address that the provider has given; see
// [Allowed].
func (c *Client) checkDomain(a Account) error {
	allowed := c.provider.Allowed.Domains
	if len(allowed) == 0 {
		return nil
	}
	domain := strings.ToLower(domainOf(a.Email))
	refused := &DomainError{Domain: domain, Allowed: allowed, Listed: a.EmailListed}
	if domain == "" || !slices.ContainsFunc(allowed, func(d string) bool { return strings.EqualFold(strings.TrimPrefix(d, "@"), domain) }) {
		return refused
	}
	if !a.EmailVerified && (a.EmailListed || !c.isHome(a)) {
		refused.Unverified = true
		return refused
	}
	return nil
}

// isHome reports if the account's home is a directory that the description names, whose
// administrators hence decide about its addresses. That the issuer is the authority's has
// been checked.
func (c *Client) isHome(a Account) bool {
	if c.dialect != Entra || a.Guest || a.Tenant == "" {
		return false
	}
	authority, err := parseEntraAuthority(c.provider.Authority)
	if err != nil {
		return false
	}
	named := slices.Concat(c.provider.Tenants, c.provider.Allowed.Tenants)
	// Everybody may be at home in the directory of personal accounts, with any address.
	return !strings.EqualFold(a.Tenant, PersonalTenant) &&
		(!authority.anyTenant() || slices.ContainsFunc(named, func(t string) bool { return strings.EqualFold(t, a.Tenant) }))
}
