"""The event names of the Segment spec: today's, and the older spellings that mean the same.

Data only. Source: segment.com/docs/connections/spec (e-commerce v2, email, mobile, B2B, A/B).
"""

from __future__ import annotations

from typing import Final

PAGE_VIEWED: Final = "Page Viewed"
SCREEN_VIEWED: Final = "Screen Viewed"

SEMANTIC_NAMES: Final = (
    PAGE_VIEWED,
    SCREEN_VIEWED,
    # E-commerce
    "Products Searched",
    "Product List Viewed",
    "Product List Filtered",
    "Promotion Viewed",
    "Promotion Clicked",
    "Product Clicked",
    "Product Viewed",
    "Product Added",
    "Product Removed",
    "Cart Viewed",
    "Checkout Started",
    "Checkout Step Viewed",
    "Checkout Step Completed",
    "Payment Info Entered",
    "Order Completed",
    "Order Updated",
    "Order Cancelled",
    "Order Refunded",
    "Coupon Entered",
    "Coupon Applied",
    "Coupon Denied",
    "Coupon Removed",
    "Product Added to Wishlist",
    "Product Removed from Wishlist",
    "Wishlist Product Added to Cart",
    "Product Shared",
    "Cart Shared",
    "Product Reviewed",
    # E-mail
    "Email Delivered",
    "Email Opened",
    "Email Link Clicked",
    "Email Bounced",
    "Email Marked as Spam",
    "Unsubscribed",
    # Experiments
    "Experiment Viewed",
    # Mobile
    "Application Installed",
    "Application Opened",
    "Application Updated",
    "Application Backgrounded",
    "Push Notification Received",
    "Push Notification Tapped",
    "Push Notification Bounced",
    "Deep Link Opened",
    # B2B
    "Signed Up",
    "Signed In",
    "Signed Out",
    "Account Created",
    "Account Added User",
    "Invite Sent",
    "Trial Started",
    "Trial Ended",
    # Ours, where Segment has no standard name
    "Lead Captured",
)

V1_NAMES: Final = {
    "Searched Products": "Products Searched",
    "Viewed Product Category": "Product List Viewed",
    "Viewed Product": "Product Viewed",
    "Clicked Product": "Product Clicked",
    "Added Product": "Product Added",
    "Removed Product": "Product Removed",
    "Viewed Cart": "Cart Viewed",
    "Viewed Promotion": "Promotion Viewed",
    "Clicked Promotion": "Promotion Clicked",
    "Started Checkout": "Checkout Started",
    "Viewed Checkout Step": "Checkout Step Viewed",
    "Completed Checkout Step": "Checkout Step Completed",
    "Entered Payment Info": "Payment Info Entered",
    "Completed Order": "Order Completed",
    "Updated Order": "Order Updated",
    "Cancelled Order": "Order Cancelled",
    "Refunded Order": "Order Refunded",
}
