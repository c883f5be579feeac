// SPDX-License-Identifier: Apache-2.0

package supplier

import "time"

// AirOrder asks to book an offer.
type AirOrder struct {
	Tenant    string
	Now       time.Time
	Ref       Ref
	RateCodes []string
	Travelers []OrderTraveler // as many of each type as the offer was priced for
	Hold      bool            // book without tickets
	// AcceptPrice books although the total moved, when the new total is exactly this.
	AcceptPrice *Money
	// Sold says how many seats are sold, when the caller knows better than the inventory; nil otherwise.
	Sold Sold
}

// OrderTraveler is a passenger as the airline needs to know them.
type OrderTraveler struct {
	Type          PaxType
	First, Last   string
	LoyaltyNumber string
}

// OrderStatus is the airline's view of an order.
type OrderStatus uint8

// Order statuses.
const (
	OrderPending   OrderStatus = iota // the airline has not confirmed yet, see Order.ConfirmAt
	OrderConfirmed                    // seats held, not ticketed
	OrderTicketed
	OrderCancelled
	OrderRejected
)

// Order is a booking at the airline. It is a value: the caller stores it and hands it back for servicing.
type Order struct {
	Tenant    string
	Locator   string // six letters
	Status    OrderStatus
	CreatedAt time.Time
	Offer     AirOffer
	Travelers []OrderTraveler
	Tickets   []Ticket // one per traveler (and per leg when TicketMulti), in order of travelers
	Seats     []SeatDelta
	Scenario  Scenario
}

// Scenario is what the reserved test carrier will do with an order by itself. The zero value is nothing.
type Scenario struct {
	ConfirmAfter time.Duration // OrderPending until then
	Reject       bool          // at ConfirmAfter the order is rejected
	Silent       bool          // never answers; only a read-back finds it
	TicketAfter  time.Duration // confirmed at once, tickets later
	TicketFails  bool          // a person has to issue the tickets
	Event        PlannedEvent
}

// EventKind is what a supplier does to a ticketed order.
type EventKind uint8

// Planned events.
const (
	EventNone EventKind = iota
	EventDelay
	EventMisconnect
	EventReroute
	EventDateMoved
	EventCancelled
	EventCancelledLate // within 24 hours of departure, with a waiver code
	EventEquipmentSwap
	EventGateChange
)

// PlannedEvent is due After the tickets are issued (or Before departure when that is set).
type PlannedEvent struct {
	Kind   EventKind
	After  time.Duration
	Before time.Duration
	Shift  time.Duration // of departure and arrival
	Waiver string
}

// TicketStatus is the state of a ticket.
type TicketStatus uint8

// Ticket statuses.
const (
	TicketIssued TicketStatus = iota
	TicketVoided
	TicketRefunded
	TicketExchanged
)

// CouponStatus is the state of one flight coupon.
type CouponStatus uint8

// Coupon statuses.
const (
	CouponOpen CouponStatus = iota
	CouponCheckedIn
	CouponLifted
	CouponFlown
	CouponExchanged
	CouponRefunded
	CouponVoided
	CouponNoShow
)

// Ticket is an electronic ticket of one traveler.
type Ticket struct {
	Number          string // 13 digits: airline prefix and serial
	Traveler        int    // index into Order.Travelers
	Status          TicketStatus
	IssuedAt        time.Time
	Carrier         string // validating carrier
	Currency        string
	Base, Tax       Amount
	Taxes           []Tax
	FareCalculation string
	Coupons         []Coupon
	VoidUntil       time.Time // zero = cannot be voided
	ExpiresAt       time.Time // unused value is lost after this
	ExchangedFrom   string    // number of the ticket this one replaces
	AddCollect      Amount    // with ExchangedFrom: what was paid on top
	Penalty         Amount
}

// Coupon is one flight of a ticket.
type Coupon struct {
	Number       int // from 1; beyond 4 it continues on a conjunction ticket
	Leg, Segment int // indexes into Order.Offer.Legs and its Segments
	FareBasis    string
	Status       CouponStatus
}

// AirBooking is a new or changed order together with the seats it takes.
type AirBooking struct {
	Order Order
	Seats Reservation
}

// CancelKind is a way out of a ticket.
type CancelKind uint8

// Ways out.
const (
	CancelVoid CancelKind = iota
	CancelRefund
	CancelCredit
	CancelUnticketed // nothing was issued, nothing is owed
)

// CancelOption is one way to cancel a whole order. Amounts cover all tickets; TicketOptions splits them.
type CancelOption struct {
	Kind          CancelKind
	Currency      string
	Expires       time.Time
	ByAgent       bool // only a person can do it
	CloseToFlight bool // less than two hours before departure
	Tickets       []TicketOption
	TicketOption  // sums; Number empty
}

// TicketOption is what cancelling does to the money of one ticket:
// Refund = Total - Used - NonRefundable - Fee, never below 0; base and tax apart.
type TicketOption struct {
	Number               string
	TotalBase, TotalTax  Amount
	UsedBase, UsedTax    Amount
	LostBase, LostTax    Amount // non-refundable
	FeeBase, FeeTax      Amount
	RefundBase           Amount
	RefundTax            Amount
	CreditBase           Amount
	CreditTax            Amount
	NonRefundNonExchange bool
}

// AirCancelled is the outcome of a cancellation.
type AirCancelled struct {
	Order   Order
	ByAgent bool
	Seats   Reservation
}

// Residue is what becomes of value that an exchange leaves over.
type Residue uint8

// Residues.
const (
	ResidueNone Residue = iota
	ResidueRefund
	ResidueCredit
	ResidueForfeited
)

// ChangeQuote is the price of an exchange. Amounts cover all travelers.
type ChangeQuote struct {
	Offer           AirOffer // the new itinerary at today's fare
	Currency        string
	OldBase, OldTax Amount // unused value of the old tickets
	AddBase, AddTax Amount // to be paid on top
	Penalty         Amount
	Residue         Residue
	ResidueAmount   Amount
	Expires         time.Time
	ByAgent         bool
}
