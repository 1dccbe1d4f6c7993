package api

// Token exchange, RFC 8693: the values of POST /v1/token, a form
// (application/x-www-form-urlencoded).
const (
	// GrantTokenExchange is the grant_type (section 2.1).
	GrantTokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
	// TypeIDToken is the subject_token_type of an ID token of the provider, at most ten
	// minutes old. An ID token is taken once.
	TypeIDToken = "urn:ietf:params:oauth:token-type:id_token"
	// TypeAccessToken is the subject_token_type of the gateway's own token, for its
	// renewal, and of a provider's access token where the manifest says access_token.
	TypeAccessToken = "urn:ietf:params:oauth:token-type:access_token"
)

// TokenRequest is a token exchange; see RFC 8693, section 2.1.
type TokenRequest struct {
	SubjectToken     string
	SubjectTokenType string
	// Provider is the id of the provider in the manifest that the token is from; "" lets
	// the gateway find it by the issuer.
	Provider string
}

// TokenAnswer is the answer to a [TokenRequest]; see RFC 8693, section 2.2.1.
type TokenAnswer struct {
	AccessToken     string `json:"access_token"`
	IssuedTokenType string `json:"issued_token_type"`
	TokenType       string `json:"token_type"`
	// ExpiresIn is the token's lifetime in seconds.
	ExpiresIn int `json:"expires_in"`
}

// TokenError is a refusal of a [TokenRequest]; see RFC 6749, section 5.2.
type TokenError struct {
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

func (e *TokenError) Error() string {
	if e.Description == "" {
		return "the portal refuses the token: " + e.Code
	}
	return "the portal refuses the token: " + e.Code + ": " + e.Description
}

// The codes of a [TokenError] (RFC 6749, section 5.2, and RFC 8693, section 2.2.2).
const (
	TokenInvalidRequest  = "invalid_request"
	TokenInvalidGrant    = "invalid_grant"
	TokenUnsupportedType = "unsupported_grant_type"
	TokenInvalidTarget   = "invalid_target"
)
