"""OpenADR: a VTN 3.1 under ``/openadr3/3.1.0``, whose operators' events become grid signals."""
