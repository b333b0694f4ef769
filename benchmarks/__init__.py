"""What an event costs, stage by stage, beside the cost of merely decoding it.

It measures the product as it stands and checks that what it measured gave the right answer;
it holds no targets and instruments nothing inside the product.
"""
